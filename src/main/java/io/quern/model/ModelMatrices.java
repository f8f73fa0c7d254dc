package io.quern.model;

import java.util.Set;
import java.util.stream.Stream;

/** The weights of a model that tokens are multiplied by. Their types select the kernels. Pure. */
final class ModelMatrices {
    private static final String ROUTER = ".ffn_gate_inp.weight";

    private ModelMatrices() {}

    /** Returns the types of the matrices, routers of experts excluded. Types that are not known are left out. */
    static Stream<GgmlType> types(GgufMetadata model) {
        return model.tensors().stream()
                .filter(ModelMatrices::isMatrix)
                .flatMap(tensor -> GgmlType.of(tensor.type()).stream())
                .distinct();
    }

    /** Returns the share of the matrices' elements that have one of the types, from 0 to 1. */
    static double share(GgufMetadata model, Set<GgmlType> types) {
        long all = 0;
        long some = 0;
        for (TensorInfo tensor : model.tensors()) {
            if (isMatrix(tensor)) {
                all += tensor.elements();
                some += GgmlType.of(tensor.type()).filter(types::contains).isPresent() ? tensor.elements() : 0;
            }
        }
        return all == 0 ? 0 : (double) some / all;
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
