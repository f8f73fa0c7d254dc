package io.quern.model;

import java.util.List;

/**
 * A tensor as the header describes it.
 *
 * @param type its number in ggml, known to us or not
 * @param offset bytes from the start of the tensor data
 * @param elements the product of the dimensions
 */
record TensorInfo(String name, List<Long> dimensions, int type, long offset, long elements) {}
