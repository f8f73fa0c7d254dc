package io.quern.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Says whether the text of a greedy request may depend on which other requests its worker computes at the same time.
 * Derived from what was measured with llama.cpp v0.5.0's kernels (docs/internals/exactness.md). Pure.
 *
 * @param stable whether it does not depend on them, as far as measured
 * @param reasons why it may, written for people; empty if it is stable
 */
public record TextStability(boolean stable, List<String> reasons) {
    /** Measured on processors: in batches of up to 64, each sequence gets the same result as in a batch of its own. */
    static final Set<GgmlType> ALWAYS = Set.of(
            GgmlType.Q4_0,
            GgmlType.Q4_1,
            GgmlType.Q5_0,
            GgmlType.Q5_1,
            GgmlType.Q8_0,
            GgmlType.Q3_K,
            GgmlType.Q5_K,
            GgmlType.Q6_K,
            GgmlType.IQ4_NL);

    /** Measured on GPUs (NVIDIA H100 and H200) in batches of up to 16; texts of F16 and Q8_0 depended on them. */
    private static final Set<GgmlType> ON_GPU = Set.of(GgmlType.Q4_0);

    private static final Set<String> RANDOM = Set.of("rwkv7", "arwkv7");

    /**
     * Returns the stability of a model's texts.
     *
     * @param rows what each batch of its workers has on a processor, see {@link BatchRows}
     */
    public static TextStability of(GgufMetadata model, BatchRows rows, Kernels kernels) {
        boolean onGpu = kernels == Kernels.GPU;
        List<String> reasons = new ArrayList<>();
        String architecture = model.architecture().orElse("");
        if (RANDOM.contains(architecture)) {
            reasons.add("llama.cpp computes " + architecture + " differently each time");
        }
        if (kernels == Kernels.OTHER) {
            reasons.add("nothing was measured on processors of this kind");
        }
        if (onGpu && ModelMatrices.hasFloatRouter(model)) {
            reasons.add("a mixture of experts was not measured on a GPU");
        } else if (rows.least() == 1 && ModelMatrices.hasFloatRouter(model)) {
            reasons.add("the router of a mixture of experts is computed differently for one token than for several");
        }
        String types = ModelMatrices.types(model, kernels)
                .filter(type -> onGpu ? !ON_GPU.contains(type) : !ALWAYS.contains(type) && !rows.agree(type))
                .map(GgmlType::name)
                .sorted()
                .collect(Collectors.joining(", "));
        if (!types.isEmpty()) {
            reasons.add((onGpu ? "on a GPU, weights of type " : "weights of type ")
                    + types
                    + " are computed differently in larger batches, or were not measured");
        }
        return new TextStability(reasons.isEmpty(), List.copyOf(reasons));
    }
}
