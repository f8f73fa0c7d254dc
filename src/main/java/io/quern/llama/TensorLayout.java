package io.quern.llama;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** The layout of {@code ggml_tensor} in v0.5.0, which describes a node of a graph or a matrix of weights. */
final class TensorLayout {
    static final long BYTES = 336;
    private static final long TYPE = 0;

    /** The memory that holds its elements. */
    private static final long BUFFER = 8;

    /** Numbers of elements: of a row, of rows, of matrices, and of groups of these; a long each. */
    private static final long SIZES = 16;

    /** Distances in bytes from one element, row, matrix or group to the next; a long each. */
    private static final long STRIDES = 48;

    private static final long OPERATION = 80;

    /** What else an operation needs, such as the factor before a softmax. */
    private static final long PARAMETERS = 84;

    private static final long SOURCES = 152;
    static final int SOURCE_COUNT = 10;

    /** Null unless the weights are held rearranged. */
    private static final long EXTRA = 320;

    /** {@code GGML_OP_NONE}, of weights and inputs. */
    static final int NO_OPERATION = 0;

    /** {@code GGML_OP_MUL_MAT} */
    static final int PRODUCT = 29;

    /** All memory of this process, by address. */
    static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private static final long CONTEXT_BYTES = 64 << 10;

    private TensorLayout() {}

    /** @throws LlamaException if a tensor that ggml makes does not have this layout */
    static void check(LlamaLibrary library) {
        TensorApi api = new TensorApi(library.symbols(), library.backend);
        MemorySegment context = api.context(CONTEXT_BYTES);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment weights = api.tensor(context, GgmlTypes.F32, 32, 7);
            MemorySegment rows = api.tensor(context, GgmlTypes.F32, 32, 5);
            MemorySegment product = api.product(context, weights, rows);
            var copy = new GuardedStruct("ggml_tensor", BYTES, arena);
            copy.allocator().allocate(BYTES).copyFrom(product.reinterpret(BYTES));
            copy.check(expected(weights, rows));
            copy.allocator().allocate(BYTES).copyFrom(weights.reinterpret(BYTES));
            copy.check(List.of(
                    ExpectedField.ofInt("op of weights", OPERATION, NO_OPERATION),
                    ExpectedField.ofLong("buffer of weights", BUFFER, 0),
                    ExpectedField.ofLong("src of weights", SOURCES, 0),
                    ExpectedField.ofLong("extra of weights", EXTRA, 0)));
        } finally {
            api.freeContext(context);
        }
    }

    private static List<ExpectedField> expected(MemorySegment weights, MemorySegment rows) {
        List<ExpectedField> fields = new ArrayList<>();
        fields.add(ExpectedField.ofInt("type", TYPE, GgmlTypes.F32));
        fields.add(ExpectedField.ofInt("op", OPERATION, PRODUCT));
        long[] sizes = {7, 5, 1, 1};
        long stride = Float.BYTES;
        for (int i = 0; i < sizes.length; i++) {
            fields.add(ExpectedField.ofLong("ne[" + i + "]", SIZES + i * Long.BYTES, sizes[i]));
            fields.add(ExpectedField.ofLong("nb[" + i + "]", STRIDES + i * Long.BYTES, stride));
            stride *= sizes[i];
        }
        long[] sources = {weights.address(), rows.address(), 0, 0, 0, 0, 0, 0, 0, 0};
        for (int i = 0; i < SOURCE_COUNT; i++) {
            fields.add(ExpectedField.ofLong("src[" + i + "]", SOURCES + i * Long.BYTES, sources[i]));
        }
        return fields;
    }

    static int operation(long tensor) {
        return MEMORY.get(JAVA_INT, tensor + OPERATION);
    }

    /** Returns the type of the elements, see {@link GgmlTypes}. */
    static int type(long tensor) {
        return MEMORY.get(JAVA_INT, tensor + TYPE);
    }

    static long buffer(long tensor) {
        return MEMORY.get(JAVA_LONG, tensor + BUFFER);
    }

    static boolean rearranged(long weights) {
        return MEMORY.get(JAVA_LONG, weights + EXTRA) != 0;
    }

    /** Returns the factor by which a softmax multiplies its input. */
    static float factor(long tensor) {
        return MEMORY.get(JAVA_FLOAT, tensor + PARAMETERS);
    }

    static void factor(long tensor, float factor) {
        MEMORY.set(JAVA_FLOAT, tensor + PARAMETERS, factor);
    }

    static long source(long tensor, int index) {
        return MEMORY.get(JAVA_LONG, tensor + SOURCES + index * Long.BYTES);
    }

    static void source(long tensor, int index, long source) {
        MEMORY.set(JAVA_LONG, tensor + SOURCES + index * Long.BYTES, source);
    }

    static long size(long tensor, int dimension) {
        return MEMORY.get(JAVA_LONG, tensor + SIZES + dimension * Long.BYTES);
    }

    /** Makes each row of a matrix a matrix of its own. */
    static void split(long tensor) {
        long rows = size(tensor, 1);
        long stride = MEMORY.get(JAVA_LONG, tensor + STRIDES + Long.BYTES);
        shape(tensor, 1, rows, stride);
    }

    /** Makes matrices of one row each the rows of one matrix. */
    static void join(long tensor) {
        long rows = size(tensor, 2);
        long stride = MEMORY.get(JAVA_LONG, tensor + STRIDES + Long.BYTES);
        shape(tensor, rows, 1, rows * stride);
    }

    private static void shape(long tensor, long rows, long matrices, long matrixStride) {
        MEMORY.set(JAVA_LONG, tensor + SIZES + Long.BYTES, rows);
        MEMORY.set(JAVA_LONG, tensor + SIZES + 2 * Long.BYTES, matrices);
        MEMORY.set(JAVA_LONG, tensor + STRIDES + 2 * Long.BYTES, matrixStride);
        MEMORY.set(JAVA_LONG, tensor + STRIDES + 3 * Long.BYTES, matrices * matrixStride);
    }
}
