package io.quern.llama;

import static io.quern.llama.TensorLayout.MEMORY;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import org.jspecify.annotations.Nullable;

/**
 * Lets llama.cpp multiply weights by the rows of a batch one by one, with its kernel for a single row.
 *
 * <p>From two rows on, v0.5.0's CPU backend multiplies some types of weights with llamafile's kernels
 * (ggml-cpu/llamafile/sgemm.cpp). For a few rows these may be slower than as many products of a single row, and for
 * weights of floating-point numbers the results differ. So do those of Q4_K and Q2_K, which have a kernel for four rows.
 * The backend counts the rows of a matrix. So before it computes a graph, this turns a product by a matrix of n rows
 * into a product by n matrices of one row. Data and results stay where they are. Weights for AMX stay as they are: their
 * kernels agree, and cannot multiply by several matrices ({@link TileMemory}).
 *
 * <p>llama.cpp shows each node of a graph before it computes the first one ({@code cb_eval}). It keeps the last graph
 * for batches of the same shape. So a changed graph stays changed, and is changed back when rows are to be multiplied
 * together again. A node that is changed refers to a record here, which is how it is known.
 *
 * <p>Only the thread that decodes may use it.
 */
final class RowByRow implements AutoCloseable {
    /** More products than a graph has. */
    private static final int RECORDS = 1024;

    /**
     * A record holds, for one product, a copy of its input with the rows apart, and one of its result with the rows
     * together; then the addresses of both originals.
     */
    private static final long RESULT = TensorLayout.BYTES;

    private static final long INPUT_ADDRESS = 2 * TensorLayout.BYTES;
    private static final long RESULT_ADDRESS = INPUT_ADDRESS + Long.BYTES;
    private static final long RECORD = RESULT_ADDRESS + Long.BYTES;

    private static final FunctionDescriptor CALLBACK =
            FunctionDescriptor.of(JAVA_BOOLEAN, JAVA_LONG, JAVA_BOOLEAN, JAVA_LONG);

    private final TileMemory tiles;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment callback;

    /** Where llama.cpp's callback in a forked process finds {@link #callback}; null if llama.cpp has it directly. */
    private final @Nullable MemorySegment hook;

    private long first;
    private long end;
    private int next;

    /** The weights of the first product of a graph, and how many products of the present graph have been changed. */
    private long firstWeights;

    private int changed;

    private Rows rows = Rows.TOGETHER;

    /** Whether a graph that was kept is not as it must be now. */
    private boolean changes;

    /** How the graph that llama.cpp keeps was computed; null if that is not known. */
    private @Nullable Rows kept = Rows.TOGETHER;

    private long splits;
    private long joins;

    private RowByRow(LlamaLibrary library, @Nullable MemorySegment hook) {
        tiles = new TileMemory(library);
        this.hook = hook;
        try {
            MethodHandle node = MethodHandles.lookup()
                    .findVirtual(
                            RowByRow.class,
                            "node",
                            MethodType.methodType(boolean.class, long.class, boolean.class, long.class));
            callback = Linker.nativeLinker().upcallStub(node.bindTo(this), CALLBACK, arena);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Returns one for a context that will be created with its {@link #callback}. */
    static RowByRow forNewContext(LlamaLibrary library) {
        return new RowByRow(library, null);
    }

    /**
     * Returns one for a context that the launcher has created.
     *
     * @param address of the pointer through which its callback calls, which is null unless a node is to be seen
     */
    static RowByRow forForked(LlamaLibrary library, long address) {
        return new RowByRow(library, MemorySegment.ofAddress(address).reinterpret(Long.BYTES));
    }

    /** Returns the function that llama.cpp must call for each node. */
    MemorySegment callback() {
        return callback;
    }

    /** Returns how many products have been changed so far. */
    long splits() {
        return splits;
    }

    /** Returns how many of them have been changed back. */
    long joins() {
        return joins;
    }

    /** Prepares the next decode. */
    void begin(Rows wanted) {
        rows = wanted;
        if (rows != Rows.TOGETHER && first == 0) {
            MemorySegment records = arena.allocate(RECORDS * RECORD, Long.BYTES);
            first = records.address();
            end = first + records.byteSize();
        }
        changes = rows != kept;
        if (hook != null) {
            hook.set(ADDRESS, 0, changes || rows != Rows.TOGETHER ? callback : MemorySegment.NULL);
        }
        kept = null;
    }

    /** Notes that llama.cpp has computed all graphs of the batch. */
    void done() {
        kept = rows;
    }

    /**
     * Receives a node from llama.cpp.
     *
     * @param asks whether llama.cpp asks if it must stop after this node; it has then computed none of the graph
     * @return whether it must
     */
    @SuppressWarnings("unused") // called by llama.cpp
    private boolean node(long tensor, boolean asks, long data) {
        if (!asks) {
            return true;
        }
        if (changes) {
            restore(tensor);
        }
        if (rows != Rows.TOGETHER) {
            useResults(tensor);
            if (isPlainProduct(tensor)) {
                split(tensor);
            }
        }
        return false;
    }

    /** Lets a node read the results of changed products as matrices with several rows. */
    private void useResults(long tensor) {
        for (int i = 0; i < TensorLayout.SOURCE_COUNT; i++) {
            long source = TensorLayout.source(tensor, i);
            if (source != 0 && TensorLayout.operation(source) == TensorLayout.PRODUCT) {
                long input = TensorLayout.source(source, 1);
                if (isRecord(input)) {
                    TensorLayout.source(tensor, i, input + RESULT);
                }
            }
        }
    }

    private boolean isPlainProduct(long tensor) {
        if (TensorLayout.operation(tensor) != TensorLayout.PRODUCT
                || TensorLayout.size(tensor, 1) < 2
                || TensorLayout.size(tensor, 2) != 1
                || TensorLayout.size(tensor, 3) != 1) {
            return false;
        }
        long weights = TensorLayout.source(tensor, 0);
        return TensorLayout.operation(weights) == TensorLayout.NO_OPERATION
                && rows.splits(TensorLayout.type(weights), TensorLayout.rearranged(weights))
                && !tiles.holds(weights);
    }

    private void split(long tensor) {
        long weights = TensorLayout.source(tensor, 0);
        if (firstWeights == 0 || weights == firstWeights) {
            firstWeights = weights;
            changed = 0;
        }
        if (changed == RECORDS) {
            return;
        }
        changed++;
        splits++;
        long record = first + next * RECORD;
        next = (next + 1) % RECORDS;
        long input = TensorLayout.source(tensor, 1);
        MemorySegment.copy(MEMORY, input, MEMORY, record, TensorLayout.BYTES);
        MemorySegment.copy(MEMORY, tensor, MEMORY, record + RESULT, TensorLayout.BYTES);
        MEMORY.set(JAVA_LONG, record + INPUT_ADDRESS, input);
        MEMORY.set(JAVA_LONG, record + RESULT_ADDRESS, tensor);
        TensorLayout.split(record);
        TensorLayout.source(tensor, 1, record);
        TensorLayout.split(tensor);
    }

    private void restore(long tensor) {
        for (int i = 0; i < TensorLayout.SOURCE_COUNT; i++) {
            long source = TensorLayout.source(tensor, i);
            if (!isRecord(source)) {
                continue;
            }
            long part = (source - first) % RECORD;
            long record = source - part;
            boolean input = part == 0;
            TensorLayout.source(tensor, i, MEMORY.get(JAVA_LONG, record + (input ? INPUT_ADDRESS : RESULT_ADDRESS)));
            if (input) {
                joins++;
                TensorLayout.join(tensor);
            }
        }
    }

    private boolean isRecord(long address) {
        return address >= first && address < end;
    }

    /** Call this after the context is freed, or when a forked process computes no more. */
    @Override
    public void close() {
        if (hook != null) {
            hook.set(ADDRESS, 0, MemorySegment.NULL);
        }
        arena.close();
    }
}
