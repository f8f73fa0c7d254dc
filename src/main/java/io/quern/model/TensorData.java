package io.quern.model;

import java.nio.file.Path;
import java.util.Optional;

/** Compares what the header announces with the size of the file: a download that was cut off is found here. */
final class TensorData {
    private static final long DEFAULT_ALIGNMENT = 32;
    /** llama.cpp takes any power of two; a larger one than a huge page has no use. */
    private static final long MAX_ALIGNMENT = 1 << 30;

    private final Path file;
    private final GgufBytes in;
    private final GgufReader reader;

    /** @param in stands behind the last tensor's description */
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
                    "is cut off: it has " + fileSize + " bytes of at least " + expected,
                    "the download or copy was not finished: fetch it again");
        }
    }

    /** 0 where the type is not known, and so not its size. */
    private long end(TensorInfo tensor, long start, long alignment) {
        if (tensor.offset() % alignment != 0) {
            throw in.damaged("the tensor " + tensor.name() + " lies at " + tensor.offset()
                    + ", no multiple of the alignment " + alignment);
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
            throw in.damaged("the tensor " + tensor.name() + " has rows of " + row + " elements, no multiple of " + type
                    + "'s " + type.blockElements());
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
        throw in.damaged("general.alignment is " + value + ", no power of two up to " + MAX_ALIGNMENT);
    }
}
