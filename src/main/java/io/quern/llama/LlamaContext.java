package io.quern.llama;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The KV cache of a number of sequences, and the computations on it. One thread at a time may use it.
 */
public final class LlamaContext implements AutoCloseable {
    private final LlamaModel model;
    private final ContextApi api;
    private final MemorySegment context;
    private final MemorySegment memory;
    /** By their number of threads. All but the one in use sleep. */
    private final Map<Integer, ThreadPool> pools = new HashMap<>();

    private int threads;
    private final boolean shared;

    /** The address through which a forked process sees the nodes of graphs; 0 if there is none. */
    private final long hook;

    private @Nullable RowByRow rowByRow;
    private Rows rows = Rows.TOGETHER;
    private final Arena arena = Arena.ofShared();
    private @Nullable Candidates candidates;
    private @Nullable SharedChain chain;
    private @Nullable Probabilities probabilities;
    private int @Nullable [] scratch;

    private LlamaContext(LlamaModel model, MemorySegment context, int threads, @Nullable RowByRow rows) {
        this(model, context, threads, false, 0);
        rowByRow = rows;
    }

    private LlamaContext(LlamaModel model, MemorySegment context, int threads, boolean shared, long hook) {
        this.model = model;
        this.hook = hook;
        this.api = model.library().contexts;
        this.context = context;
        this.threads = threads;
        this.shared = shared;
        memory = api.memory(context);
        if (threads > 1) {
            attach(threads);
        }
    }

    /**
     * Lets this many threads compute from now on. They stay until this is closed, and sleep between computations.
     *
     * @throws LlamaException if they cannot be created; then nothing has changed
     */
    public void threads(int number) {
        if (number == threads) {
            return;
        }
        attach(number);
        api.setThreads(context, number);
        threads = number;
    }

    /**
     * Lets a pool of exactly this many threads compute, because threads without work keep a core busy for a while after
     * each computation. A single thread needs no pool, and linking the functions of a pool takes time.
     */
    private void attach(int number) {
        if (number == 1) {
            api.detachThreadPool(context);
            return;
        }
        ThreadPool pool = pools.computeIfAbsent(number, size -> new ThreadPool(model.library(), size));
        api.attachThreadPool(context, pool.address(), pool.address());
    }

    /**
     * Allocates the cache. Blocks while it does.
     *
     * @throws LlamaException if there is not enough memory, or if the settings do not suit the model
     */
    public static LlamaContext create(LlamaModel model, ContextSettings settings) {
        RowByRow rows = settings.rowsApart() ? RowByRow.forNewContext(model.library()) : null;
        MemorySegment context = MemorySegment.NULL;
        try {
            context = allocate(model, settings, rows);
            return new LlamaContext(model, context, settings.threads(), rows);
        } catch (RuntimeException e) {
            if (context.address() != 0) {
                model.library().contexts.free(context);
            }
            if (rows != null) {
                rows.close();
            }
            throw e;
        }
    }

    /**
     * Wraps the context that the parent of this forked process has created with these settings.
     *
     * @param address of llama.cpp's {@code llama_context}; any other value ends the process
     * @param hook address of the pointer to a function that sees the nodes of graphs; 0 if there is none
     */
    public static LlamaContext takeOver(LlamaModel model, ContextSettings settings, long address, long hook) {
        return new LlamaContext(model, MemorySegment.ofAddress(address), settings.threads(), true, hook);
    }

    private static MemorySegment allocate(LlamaModel model, ContextSettings settings, @Nullable RowByRow rows) {
        ContextApi api = model.library().contexts;
        model.library().takeLog();
        model.library().log().forgetErrors();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment params = api.defaultParams(arena);
            ContextParams.set(params, settings);
            if (rows != null) {
                ContextParams.callback(params, rows.callback());
            }
            MemorySegment context = api.create(model.address(), params);
            if (context.address() == 0) {
                throw new LlamaException(
                        LlamaException.Kind.CONTEXT,
                        "cannot create a context for " + settings.sequences() + " slots of " + settings.contextLength()
                                + " tokens: " + LlamaModel.reason(model.library()));
            }
            return context;
        } catch (ArithmeticException e) {
            throw new LlamaException(LlamaException.Kind.CONTEXT, settings + " exceeds the limits of llama.cpp", e);
        }
    }

    /** Returns whether {@link #multiply} has an effect. */
    public boolean canMultiplyApart() {
        return rowByRow != null || hook != 0;
    }

    /**
     * Links what {@link #multiply} needs, so that its first effect does not cost a step some 50 ms. On any thread.
     */
    public static void prepareToMultiplyApart(LlamaModel model) {
        RowByRow.forNewContext(model.library()).close();
    }

    /** Sets how weights are multiplied by the rows of a batch from now on. */
    public void multiply(Rows wanted) {
        rows = wanted;
    }

    @Nullable
    RowByRow rowByRow() {
        return rowByRow;
    }

    /**
     * Computes the batch's tokens into the cache, and the logits that the batch requests.
     *
     * @throws LlamaException if llama.cpp fails; the sequences in the batch must then be removed, others are not
     *     affected
     */
    public void decode(Batch batch) {
        if (rowByRow == null && rows != Rows.TOGETHER && hook != 0) {
            rowByRow = RowByRow.forForked(model.library(), hook);
        }
        if (rowByRow != null) {
            rowByRow.begin(rows);
        }
        int result = api.decode(context, batch.struct());
        if (result != 0) {
            throw new LlamaException(
                    LlamaException.Kind.DECODE,
                    switch (result) {
                        case 1 -> "no room in the KV cache for " + batch.size() + " tokens";
                        case 2 -> "the computation was aborted";
                        default ->
                            "llama.cpp failed on a batch of " + batch.size() + " tokens (" + result + "): "
                                    + LlamaModel.reason(model.library());
                    });
        }
        if (rowByRow != null) {
            rowByRow.done();
        }
    }

    /**
     * Removes all tokens of a sequence except the first ones.
     *
     * @param tokens how many tokens to keep
     * @return false if this model's memory does not support that; then nothing has changed
     */
    public boolean truncate(int sequence, int tokens) {
        return api.removeSequence(memory, sequence, tokens, -1);
    }

    /**
     * Removes a whole sequence.
     *
     * @throws LlamaException if llama.cpp refuses; the context cannot be used any more
     */
    public void remove(int sequence) {
        if (!api.removeSequence(memory, sequence, -1, -1)) {
            throw new LlamaException(LlamaException.Kind.CONTEXT, "llama.cpp cannot clear slot " + sequence);
        }
    }

    /**
     * Returns the first position from which the memory holds every token of a sequence. It is greater than 0 if a
     * sliding window has dropped the beginning. For a recurrent model it is the last position, because only the state
     * after that token exists.
     *
     * @return -1 if the memory holds nothing of the sequence
     */
    public int firstPosition(int sequence) {
        return api.firstPosition(memory, sequence);
    }

    /** Returns the position of a sequence's next token, which is 0 if the memory holds nothing of it. */
    public int nextPosition(int sequence) {
        return api.lastPosition(memory, sequence) + 1;
    }

    /** Returns how many bytes {@link #saveState} would write for a sequence now. */
    public long stateBytes(int sequence) {
        return api.stateSize(context, sequence);
    }

    /**
     * Copies the cache of a sequence, except for tokens that a sliding window has passed.
     *
     * @param to memory off the heap, at least {@link #stateBytes} long
     * @return bytes written, or 0 on failure
     */
    public long saveState(int sequence, MemorySegment to) {
        return api.saveState(context, to, to.byteSize(), sequence);
    }

    /**
     * Fills a sequence with a copy by {@link #saveState} from another context of the same model and settings, bit for
     * bit. If the copy lacks tokens that a sliding window has passed, the other tokens are stored in other cells than
     * before.
     *
     * @param from memory off the heap, as long as what was written
     * @return whether it succeeded; if not, the caller must remove the sequence
     */
    public boolean loadState(int sequence, MemorySegment from) {
        return api.loadState(context, from, from.byteSize(), sequence) == from.byteSize();
    }

    /** Returns a copy of the logits of a token of the last batch, one per token of the vocabulary. */
    public float[] logits(int output) {
        return api.logits(context, output)
                .reinterpret((long) model.vocabulary().size() * Float.BYTES)
                .toArray(JAVA_FLOAT);
    }

    /** Replaces the logits of a token of the last batch, by what {@link #logits} has returned. */
    public void setLogits(int output, float[] logits) {
        MemorySegment row = api.logits(context, output).reinterpret((long) logits.length * Float.BYTES);
        MemorySegment.copy(logits, 0, row, JAVA_FLOAT, 0, logits.length);
    }

    /** Returns the logits of a token of the last batch themselves, which may be changed before the next is sampled. */
    public Logits row(int output) {
        return new Logits(api.logits(context, output), model.vocabulary().size());
    }

    /** Returns the token that llama.cpp's greedy sampler would choose. */
    int highest(int output) {
        int[] buffer = scratch;
        if (buffer == null) {
            buffer = new int[model.vocabulary().size()];
            scratch = buffer;
        }
        return row(output).highest(buffer);
    }

    /** Returns what computes probabilities, which all sequences use in turns. */
    Probabilities probabilities() {
        Probabilities all = probabilities;
        if (all == null) {
            all = new Probabilities(model.library(), model.vocabulary().size());
            probabilities = all;
        }
        return all;
    }

    /** Picks a token with a sequence's chain of samplers and one that draws. */
    int sample(MemorySegment samplers, MemorySegment draw, int output) {
        SharedChain all = chain;
        if (all == null) {
            all = new SharedChain(model.library().samplers);
            chain = all;
        }
        return all.sample(samplers, draw, context, output);
    }

    /** Returns the candidates, which all sequences use in turns. */
    Candidates candidates() {
        Candidates all = candidates;
        if (all == null) {
            all = new Candidates(model.vocabulary().size(), arena);
            candidates = all;
        }
        return all;
    }

    Vocabulary vocabulary() {
        return model.vocabulary();
    }

    MemorySegment address() {
        return context;
    }

    @Override
    public void close() {
        if (!shared) {
            api.free(context);
        }
        pools.values().forEach(ThreadPool::close);
        if (rowByRow != null) {
            rowByRow.close();
        }
        if (chain != null) {
            chain.close();
        }
        if (probabilities != null) {
            probabilities.close();
        }
        arena.close();
    }
}
