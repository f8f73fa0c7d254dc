package io.quern.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Says whether the text of a greedy request may depend on which other requests its worker computes at the same time.
 * Derived from what is known about llama.cpp v0.5.0's kernels on the processor (docs/internals/exactness.md). Pure.
 *
 * @param stable whether it does not depend on them, as far as measured
 * @param reasons why it may, written for people; empty if it is stable
 */
public record TextStability(boolean stable, List<String> reasons) {
    /** Measured: in batches of up to 16, each sequence gets the same result as in a batch of its own. */
    private static final Set<GgmlType> MEASURED = Set.of(GgmlType.Q4_0, GgmlType.Q4_1, GgmlType.Q8_0);

    private static final Set<String> RANDOM = Set.of("rwkv7", "arwkv7");

    private static final String ROUTER = ".ffn_gate_inp.weight";

    public static TextStability of(GgufMetadata model) {
        List<String> reasons = new ArrayList<>();
        String architecture = model.architecture().orElse("");
        if (RANDOM.contains(architecture)) {
            reasons.add("llama.cpp computes " + architecture + " differently each time");
        }
        if (model.tensors().stream().anyMatch(TextStability::isRouterOfFloats)) {
            reasons.add("the router of a mixture of experts is computed differently for one token than for several");
        }
        String types = model.tensors().stream()
                .filter(TextStability::isMatrix)
                .flatMap(tensor -> GgmlType.of(tensor.type()).stream())
                .filter(type -> !MEASURED.contains(type))
                .distinct()
                .map(GgmlType::name)
                .sorted()
                .collect(Collectors.joining(", "));
        if (!types.isEmpty()) {
            reasons.add(
                    "weights of type " + types + " are computed differently in larger batches, or were not measured");
        }
        return new TextStability(reasons.isEmpty(), List.copyOf(reasons));
    }

    private static boolean isRouterOfFloats(TensorInfo tensor) {
        return tensor.name().endsWith(ROUTER)
                && GgmlType.of(tensor.type()).filter(MEASURED::contains).isEmpty();
    }

    /**
     * Returns whether tokens are multiplied by these weights. False for lookup tables, norms, and filters of recurrent
     * layers.
     */
    private static boolean isMatrix(TensorInfo tensor) {
        String name = tensor.name();
        return tensor.dimensions().size() > 1
                && name.endsWith(".weight")
                && !name.endsWith(ROUTER)
                && !name.contains("norm")
                && !name.contains("conv1d")
                && !name.contains("shortconv.conv")
                && !name.equals("position_embd.weight");
    }
}
