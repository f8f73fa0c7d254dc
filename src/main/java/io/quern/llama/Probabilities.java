package io.quern.llama;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;

/**
 * The probabilities of all tokens of a vocabulary, computed from logits by ggml's softmax, which uses the processor's
 * vectors. llama.cpp's samplers compute the exponents one by one, which takes several times as long. For one thread.
 */
final class Probabilities implements AutoCloseable {
    /** Room for the description of two tensors and a graph. */
    private static final long DESCRIPTIONS_BYTES = 256 << 10;

    private static final float NO_FACTOR = 1;

    private final TensorApi api;
    private final MemorySegment backend;
    private final MemorySegment context;
    private final MemorySegment buffer;
    private final MemorySegment graph;
    private final MemorySegment logits;
    private final MemorySegment result;
    private final long softMax;

    /** On the heap, where the JVM's first compiler, the only one in workers, is ten times as fast. */
    private final float[] values;

    /** @throws LlamaException if there is not enough memory */
    Probabilities(LlamaLibrary library, int vocabulary) {
        api = new TensorApi(library.symbols(), library.backend);
        values = new float[vocabulary];
        MemorySegment processor = api.processor();
        context = api.context(DESCRIPTIONS_BYTES);
        MemorySegment input = api.tensor(context, GgmlTypes.F32, vocabulary, 1);
        MemorySegment output = api.softMax(context, input, NO_FACTOR);
        softMax = output.address();
        graph = api.graph(context);
        api.expand(graph, output);
        buffer = api.allocate(context, api.hostBufferType(processor));
        if (buffer.address() == 0) {
            api.freeContext(context);
            throw new LlamaException(
                    LlamaException.Kind.CONTEXT, "there is not enough memory for " + vocabulary + " probabilities");
        }
        backend = api.createBackend(processor);
        api.useThreads(processor, backend, 1);
        long bytes = (long) vocabulary * Float.BYTES;
        logits = api.data(input).reinterpret(bytes);
        result = api.data(output).reinterpret(bytes);
        if (TensorLayout.factor(softMax) != NO_FACTOR) {
            close();
            throw new LlamaException(LlamaException.Kind.VERSION, "ggml describes a softmax otherwise than v0.5.0");
        }
    }

    /** Computes them, and returns an array that is valid until the next call. */
    float[] of(Logits row, float temperature) {
        row.copyTo(logits);
        TensorLayout.factor(softMax, 1 / temperature);
        api.compute(backend, graph);
        MemorySegment.copy(result, JAVA_FLOAT, 0, values, 0, values.length);
        return values;
    }

    /**
     * Draws a token.
     *
     * @param random at least 0 and less than 1
     * @return -1 if all tokens are excluded
     */
    int draw(Logits row, float temperature, double random) {
        float[] all = of(row, temperature);
        int token = reach(all, random);
        return token < 0 ? reach(all, random * sum(all)) : token;
    }

    /** Returns the token at which the sum of the probabilities passes a number; -1 if there is none. */
    private static int reach(float[] all, double number) {
        double sum = 0;
        for (int token = 0; token < all.length; token++) {
            sum += all[token];
            if (sum > number) {
                return token;
            }
        }
        return -1;
    }

    /** Rounding may make it a little smaller than 1. */
    private static double sum(float[] all) {
        double sum = 0;
        for (float probability : all) {
            sum += probability;
        }
        return sum;
    }

    @Override
    public void close() {
        api.freeBackend(backend);
        api.freeBuffer(buffer);
        api.freeContext(context);
    }
}
