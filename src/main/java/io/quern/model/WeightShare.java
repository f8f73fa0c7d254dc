package io.quern.model;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The weights of one type in a model.
 *
 * @param type ggml's number of the type
 * @param name ggml's name of it, such as {@code Q4_0}
 * @param elements of all tensors of the type
 * @param columns elements of a row of its largest tensor inside a layer, or 0 if there is none
 * @param rows of that tensor
 * @param bits of an element
 */
public record WeightShare(int type, String name, long elements, long columns, long rows, double bits) {
    private static final String LAYER = "blk.";

    static List<WeightShare> of(List<TensorInfo> tensors) {
        Map<GgmlType, List<TensorInfo>> byType = new HashMap<>();
        for (TensorInfo tensor : tensors) {
            if (tensor.dimensions().size() >= 2) {
                GgmlType.of(tensor.type()).ifPresent(type -> byType.computeIfAbsent(type, absent -> new ArrayList<>())
                        .add(tensor));
            }
        }
        return byType.entrySet().stream()
                .map(entry -> of(entry.getKey(), entry.getValue()))
                .sorted(Comparator.comparingLong(WeightShare::elements).reversed())
                .toList();
    }

    private static WeightShare of(GgmlType type, List<TensorInfo> tensors) {
        List<Long> largest = tensors.stream()
                .filter(tensor -> tensor.name().startsWith(LAYER))
                .max(Comparator.comparingLong(tensor ->
                        tensor.dimensions().get(0) * tensor.dimensions().get(1)))
                .map(TensorInfo::dimensions)
                .orElse(List.of(0L, 0L));
        return new WeightShare(
                type.id(),
                type.name(),
                tensors.stream().mapToLong(TensorInfo::elements).sum(),
                largest.get(0),
                largest.get(1),
                type.bits());
    }
}
