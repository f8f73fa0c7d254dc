package io.quern.model;

import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** The weights of a model that tokens are multiplied by. Their types select the kernels. Pure. */
final class ModelMatrices {
    private static final String ROUTER = ".ffn_gate_inp.weight";
    private static final String EXPERTS = "_exps.";

    private ModelMatrices() {}

    /**
     * Returns the types of the matrices, except for those that AMX's kernels multiply and for routers of experts. Types
     * that are not known are left out.
     */
    static Stream<GgmlType> types(GgufMetadata model, Kernels kernels) {
        Predicate<TensorInfo> tiled = tiled(model, kernels);
        return model.tensors().stream()
                .filter(ModelMatrices::isMatrix)
                .filter(tiled.negate())
                .flatMap(tensor -> GgmlType.of(tensor.type()).stream())
                .distinct();
    }

    /**
     * Returns the share of the matrices' elements that have one of the types and are not multiplied by AMX's kernels,
     * from 0 to 1.
     */
    static double share(GgufMetadata model, Set<GgmlType> types, Kernels kernels) {
        Predicate<TensorInfo> tiled = tiled(model, kernels);
        long all = 0;
        long some = 0;
        for (TensorInfo tensor : model.tensors()) {
            if (isMatrix(tensor)) {
                all += tensor.elements();
                boolean counts = !tiled.test(tensor)
                        && GgmlType.of(tensor.type()).filter(types::contains).isPresent();
                some += counts ? tensor.elements() : 0;
            }
        }
        return all == 0 ? 0 : (double) some / all;
    }

    private static Predicate<TensorInfo> tiled(GgufMetadata model, Kernels kernels) {
        boolean never = multipliesSeveralAtOnce(model);
        return tensor -> !never && kernels.tiles(tensor);
    }

    /**
     * Returns whether weights are multiplied by several matrices at once: by one for each sequence in recurrent layers,
     * and for each head in some kinds of attention. LlamaModel in {@code llama} finds out the same from llama.cpp.
     */
    static boolean multipliesSeveralAtOnce(GgufMetadata model) {
        return ModelMemory.of(model).recurrentPerSlot() > 0
                || model.tensors().stream().anyMatch(ModelMatrices::isSeveral);
    }

    /** Returns whether a tensor holds several matrices that are all used for each token, unlike those of experts. */
    private static boolean isSeveral(TensorInfo tensor) {
        return isMatrix(tensor)
                && tensor.dimensions().size() > 2
                && !tensor.name().contains(EXPERTS);
    }

    /** Returns whether it is a mixture of experts whose router has 32-bit floats, as is usual. */
    static boolean hasFloatRouter(GgufMetadata model) {
        return model.tensors().stream()
                .anyMatch(tensor -> tensor.name().endsWith(ROUTER)
                        && GgmlType.of(tensor.type())
                                .filter(TextStability.ALWAYS::contains)
                                .isEmpty());
    }

    /** Returns false for lookup tables, norms, and filters of recurrent layers. */
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
