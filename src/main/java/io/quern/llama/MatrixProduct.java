package io.quern.llama;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Weights of one type, as a layer of a model has them, in the memory in which llama.cpp would hold them on this
 * processor: rearranged if there are kernels for that. Their values are random. For one thread.
 */
public final class MatrixProduct implements AutoCloseable {
    private static final long DESCRIPTIONS_BYTES = 4L << 20;

    /** Rows that are quantised; the others are copies of them, which costs less and takes the same time to multiply. */
    private static final int ROWS = 64;

    private static final int LEAST_REPETITIONS = 2;

    private final ThreadClock clock = new ThreadClock();
    private final TensorApi api;
    private final MemorySegment device;
    private final MemorySegment backend;
    private final Shape shape;
    private final List<MemorySegment> weights = new ArrayList<>();
    private MemorySegment context = MemorySegment.NULL;
    private MemorySegment buffer = MemorySegment.NULL;
    private boolean rearranged;

    /**
     * @param columns elements of a row
     * @param rows of each matrix
     * @param matrices their number
     */
    public record Shape(int columns, int rows, int matrices) {}

    /**
     * Allocates the weights.
     *
     * @param type ggml's number of the type
     * @param threads that multiply
     * @throws LlamaException if ggml refuses
     */
    public MatrixProduct(LlamaLibrary library, int type, Shape shape, int threads) {
        this.api = new TensorApi(library.symbols(), library.backend);
        this.shape = shape;
        device = api.processor();
        backend = api.createBackend(device);
        api.useThreads(device, backend, threads);
        allocate(type);
        fill(type);
    }

    /** Returns whether the processor's kernels want these weights rearranged. */
    public boolean rearranged() {
        return rearranged;
    }

    private void allocate(int type) {
        MemorySegment extra = api.extraBufferTypes(device);
        for (int i = 0; extra.address() != 0; i++) {
            MemorySegment bufferType = extra.getAtIndex(ADDRESS, i);
            if (bufferType.address() == 0) {
                break;
            }
            if (holds(type, bufferType)) {
                rearranged = true;
                return;
            }
        }
        if (!holds(type, api.hostBufferType(device))) {
            throw new LlamaException(LlamaException.Kind.LIBRARY, "the processor cannot multiply by type " + type);
        }
    }

    /** Allocates the weights in one kind of memory, and frees them if products are not possible there. */
    private boolean holds(int type, MemorySegment bufferType) {
        context = api.context(DESCRIPTIONS_BYTES);
        weights.clear();
        for (int i = 0; i < shape.matrices(); i++) {
            weights.add(api.tensor(context, type, shape.columns(), shape.rows()));
        }
        buffer = api.allocate(context, bufferType);
        if (buffer.address() == 0) {
            api.freeContext(context);
            throw new LlamaException(LlamaException.Kind.CONTEXT, "there is not enough memory for " + shape);
        }
        MemorySegment scratch = api.context(DESCRIPTIONS_BYTES);
        boolean works = api.supports(
                device,
                api.product(scratch, weights.getFirst(), api.tensor(scratch, GgmlTypes.F32, shape.columns(), 1)));
        api.freeContext(scratch);
        if (!works) {
            freeWeights();
        }
        return works;
    }

    private void fill(int type) {
        try (Arena arena = Arena.ofConfined()) {
            Random random = new Random(1);
            MemorySegment values = arena.allocate(JAVA_FLOAT, (long) ROWS * shape.columns());
            for (long i = 0; i < (long) ROWS * shape.columns(); i++) {
                values.setAtIndex(JAVA_FLOAT, i, (float) random.nextGaussian());
            }
            MemorySegment importance = MemorySegment.NULL;
            if (api.needsImportance(type)) {
                importance = arena.allocate(JAVA_FLOAT, shape.columns());
                for (int i = 0; i < shape.columns(); i++) {
                    importance.setAtIndex(JAVA_FLOAT, i, 1);
                }
            }
            long row = api.rowBytes(type, shape.columns());
            MemorySegment some = arena.allocate(ROWS * row, Long.BYTES);
            api.quantize(type, values, some, ROWS, shape.columns(), importance);
            MemorySegment all = arena.allocate(shape.rows() * row, Long.BYTES);
            for (long at = 0; at < all.byteSize(); at += some.byteSize()) {
                long bytes = Math.min(some.byteSize(), all.byteSize() - at);
                MemorySegment.copy(some, 0, all, at, bytes);
            }
            weights.forEach(tensor -> api.set(tensor, all));
        }
    }

    /**
     * Multiplies all matrices by vectors, several times, and returns the shortest time in nanoseconds: that of the
     * processor, since other processes may use it at the same time. With several threads it is that of the first.
     *
     * @param vectors number of vectors, which are the tokens of a batch
     * @param budgetNanos when it has computed for this time, no further repetition begins; there are at least two
     */
    public long nanos(int vectors, long budgetNanos) {
        MemorySegment inputs = api.context(DESCRIPTIONS_BYTES);
        MemorySegment input = api.tensor(inputs, GgmlTypes.F32, shape.columns(), vectors);
        MemorySegment graph = api.graph(inputs);
        weights.forEach(matrix -> api.expand(graph, api.product(inputs, matrix, input)));
        MemorySegment memory = api.allocate(inputs, api.hostBufferType(device));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment values = arena.allocate(JAVA_FLOAT, (long) vectors * shape.columns());
            Random random = new Random(2);
            for (long i = 0; i < (long) vectors * shape.columns(); i++) {
                values.setAtIndex(JAVA_FLOAT, i, (float) random.nextGaussian());
            }
            api.set(input, values);
            return shortest(graph, budgetNanos);
        } finally {
            api.freeBuffer(memory);
            api.freeContext(inputs);
        }
    }

    private long shortest(MemorySegment graph, long budgetNanos) {
        api.compute(backend, graph);
        long shortest = Long.MAX_VALUE;
        long begin = clock.nanos();
        long end = begin;
        for (int repetition = 0; repetition < LEAST_REPETITIONS || end - begin < budgetNanos; repetition++) {
            long before = end;
            api.compute(backend, graph);
            end = clock.nanos();
            shortest = Math.min(shortest, end - before);
        }
        return shortest;
    }

    private void freeWeights() {
        api.freeBuffer(buffer);
        api.freeContext(context);
    }

    @Override
    public void close() {
        freeWeights();
        api.freeBackend(backend);
    }
}
