package io.quern.model;

import java.nio.file.Path;
import java.util.Optional;

/** Compares the tensors that the header announces with the size of the file, which detects an incomplete download. */
final class TensorData {
    private static final long DEFAULT_ALIGNMENT = 32;
    /** llama.cpp accepts any power of two; an alignment larger than a huge page has no use. */
    private static final long MAX_ALIGNMENT = 1 << 30;

    private final Path file;
    private final GgufBytes in;
    private final GgufReader reader;

    /** @param in positioned after the description of the last tensor */
    TensorData(Path file, GgufBytes in, GgufReader reader) {
        this.file = file;
        this.in = in;
        this.reader = reader;
    }

    void checkWithin(long fileSize) {
        long alignment = alignment();
        if (reader.tensors().isEmpty()) {
            return;
        }
        long start = Math.ceilDiv(in.position(), alignment) * alignment;
        long expected = 0;
        for (TensorInfo tensor : reader.tensors()) {
            expected = Math.max(expected, end(tensor, start, alignment));
        }
        if (expected > fileSize) {
            throw new ModelFileException(
                    file,
                    "it is truncated: it has " + fileSize + " bytes, but its header announces at least " + expected,
                    "The download or copy is incomplete: fetch it again");
        }
    }

    /** Returns the end of the tensor's data, or 0 if its type, and therefore its size, is unknown. */
    private long end(TensorInfo tensor, long start, long alignment) {
        if (tensor.offset() % alignment != 0) {
            throw in.damaged("the tensor " + tensor.name() + " begins at " + tensor.offset()
                    + ", which is not a multiple of the alignment " + alignment);
        }
        Optional<GgmlType> type = GgmlType.of(tensor.type());
        if (type.isEmpty()) {
            return 0;
        }
        try {
            return Math.addExact(Math.addExact(start, tensor.offset()), bytes(tensor, type.get()));
        } catch (ArithmeticException e) {
            throw in.damaged("the tensor " + tensor.name() + " would be larger than any file");
        }
    }

    private long bytes(TensorInfo tensor, GgmlType type) {
        long row = tensor.dimensions().isEmpty() ? 1 : tensor.dimensions().getFirst();
        if (row % type.blockElements() != 0) {
            throw in.damaged("the tensor " + tensor.name() + " has rows of " + row
                    + " elements, which is not a multiple of " + type + "'s " + type.blockElements());
        }
        return type.bytesFor(tensor.elements());
    }

    private long alignment() {
        Object value = reader.values().getOrDefault("general.alignment", DEFAULT_ALIGNMENT);
        if (value instanceof Long alignment
                && alignment > 0
                && alignment <= MAX_ALIGNMENT
                && Long.bitCount(alignment) == 1) {
            return alignment;
        }
        throw in.damaged("general.alignment is " + value + ", which is not a power of two up to " + MAX_ALIGNMENT);
    }
}
