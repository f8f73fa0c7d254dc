package io.quern.model;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads the header up to the tensor data. Skips long arrays (a vocabulary) and keeps only their position. The limits
 * are far above those of any known model, and far below what would do harm.
 */
final class GgufReader {
    /** Models have 20 to 100 keys. */
    static final long MAX_KEYS = 65_536;
    /** A mixture of experts has a few thousand tensors. */
    static final long MAX_TENSORS = 1_000_000;
    /** The limit of the GGUF format. */
    static final int MAX_KEY_BYTES = 65_535;
    /** Chat templates are the longest known strings, with up to about 100 KB. */
    static final int MAX_STRING_BYTES = 16 << 20;
    /** Vocabularies have up to about 300,000 entries, lists of merges up to about 500,000. */
    static final long MAX_ARRAY_ELEMENTS = 64L << 20;
    /** The limit of llama.cpp. */
    static final int MAX_TENSOR_NAME_BYTES = 63;
    /** The limit of ggml. */
    static final int MAX_DIMENSIONS = 4;
    /** The largest vocabularies take about 20 MB. */
    static final long MAX_HEADER_BYTES = 1L << 30;
    /** Longer arrays are skipped. Settings per layer are shorter. */
    static final int MAX_KEPT_ELEMENTS = 1024;
    /** Limits the sum of all kept values, so that a file within the other limits cannot fill the memory. */
    static final long MAX_KEPT_BYTES = 64 << 20;

    private static final int MIN_ENTRY_BYTES = 8 + 4 + 1;
    private static final int MIN_TENSOR_BYTES = 8 + 4 + 4 + 8;

    /**
     * An array that was skipped.
     *
     * @param longest bytes of the longest string in it, or 0 if it contains none
     */
    record LongArray(GgufValueType type, long length, long position, int longest) {}

    private final GgufBytes in;
    private final Map<String, Object> values = new LinkedHashMap<>();
    private final List<TensorInfo> tensors = new ArrayList<>();
    private long keptBytes;

    /** @param in positioned after the version */
    GgufReader(GgufBytes in) {
        this.in = in;
    }

    void read() {
        long tensorCount = in.count(MAX_TENSORS, MIN_TENSOR_BYTES, "the number of tensors");
        long keyCount = in.count(MAX_KEYS, MIN_ENTRY_BYTES, "the number of metadata keys");
        for (long i = 0; i < keyCount; i++) {
            readEntry(i);
        }
        Set<String> names = new HashSet<>();
        for (long i = 0; i < tensorCount; i++) {
            TensorInfo tensor = readTensor(i);
            if (!names.add(tensor.name())) {
                throw in.damaged("the tensor " + tensor.name() + " occurs twice");
            }
            tensors.add(tensor);
        }
    }

    /** Returns the values: Long, BigInteger, Double, Boolean, String, List of those, or {@link LongArray}. */
    Map<String, Object> values() {
        return Collections.unmodifiableMap(values);
    }

    List<TensorInfo> tensors() {
        return Collections.unmodifiableList(tensors);
    }

    /** Returns the text at {@code index} of a skipped array of strings. */
    String element(LongArray strings, long index) {
        in.seek(strings.position());
        for (long i = 0; i < index; i++) {
            in.skipString(MAX_STRING_BYTES, "a token");
        }
        return in.string(MAX_STRING_BYTES, "a token");
    }

    private void readEntry(long index) {
        String key = in.string(MAX_KEY_BYTES, "metadata key " + index);
        GgufValueType type = GgufValueType.read(in, key);
        Object value = type == GgufValueType.ARRAY ? readArray(key) : type.readScalar(in, MAX_STRING_BYTES, key);
        keep(key, value);
        if (values.put(key, value) != null) {
            throw in.damaged("the metadata key " + key + " occurs twice");
        }
    }

    private Object readArray(String key) {
        GgufValueType type = GgufValueType.read(in, "the elements of " + key);
        if (type == GgufValueType.ARRAY) {
            throw in.damaged(key + " is an array of arrays, which llama.cpp does not support");
        }
        long length = in.count(MAX_ARRAY_ELEMENTS, type.bytes(), "the length of " + key);
        if (length > MAX_KEPT_ELEMENTS) {
            long position = in.position();
            return new LongArray(type, length, position, passOver(type, length, key));
        }
        List<Object> elements = new ArrayList<>();
        for (long i = 0; i < length; i++) {
            Object element = type.readScalar(in, MAX_STRING_BYTES, key);
            keep(key, element);
            elements.add(element);
        }
        return Collections.unmodifiableList(elements);
    }

    /** Returns the bytes of the longest skipped string, or 0. */
    private int passOver(GgufValueType type, long length, String key) {
        if (type != GgufValueType.STRING) {
            in.skip(length * type.bytes(), key);
            checkHeaderSize();
            return 0;
        }
        int longest = 0;
        for (long i = 0; i < length; i++) {
            longest = Math.max(longest, in.skipString(MAX_STRING_BYTES, key));
            checkHeaderSize();
        }
        return longest;
    }

    private TensorInfo readTensor(long index) {
        String name = in.string(MAX_TENSOR_NAME_BYTES, "the name of tensor " + index);
        int dimensionCount = in.i32("the dimensions of " + name);
        if (dimensionCount < 0 || dimensionCount > MAX_DIMENSIONS) {
            throw in.damaged("the tensor " + name + " has " + Integer.toUnsignedString(dimensionCount)
                    + " dimensions, more than " + MAX_DIMENSIONS);
        }
        List<Long> dimensions = new ArrayList<>();
        long elements = 1;
        for (int i = 0; i < dimensionCount; i++) {
            long dimension = in.i64("the dimensions of " + name);
            dimensions.add(dimension);
            if (dimension < 0 || Math.multiplyHigh(elements, dimension) != 0 || elements * dimension < 0) {
                throw in.damaged("the tensor " + name + " has impossible dimensions");
            }
            elements *= dimension;
        }
        int type = in.i32("the type of " + name);
        long offset = in.i64("the offset of " + name);
        if (offset < 0) {
            throw in.damaged("the tensor " + name + " has an impossible offset, " + Long.toUnsignedString(offset));
        }
        checkHeaderSize();
        return new TensorInfo(name, List.copyOf(dimensions), type, offset, elements);
    }

    private void keep(String key, Object value) {
        // at most two bytes per character; the constant is an estimate of the objects' overhead
        keptBytes += 64 + (value instanceof String s ? s.length() * 2L : 0);
        if (keptBytes > MAX_KEPT_BYTES) {
            throw in.damaged("the metadata up to " + key + " take more than " + MAX_KEPT_BYTES + " bytes");
        }
        checkHeaderSize();
    }

    private void checkHeaderSize() {
        if (in.position() > MAX_HEADER_BYTES) {
            throw in.damaged("the header is longer than " + MAX_HEADER_BYTES + " bytes");
        }
    }
}
