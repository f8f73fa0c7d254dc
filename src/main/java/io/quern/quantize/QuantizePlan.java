package io.quern.quantize;

import java.util.Map;

/**
 * What a quantisation will write, as llama.cpp has planned it.
 *
 * @param sourceBytes of all tensors
 * @param resultBytes of all tensors
 * @param types how many tensors of the result have each type, by ggml's names
 */
public record QuantizePlan(
        WeightType type, long sourceBytes, long resultBytes, int tensors, Map<String, Integer> types) {}
