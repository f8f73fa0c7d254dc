package io.quern.llama;

import static io.quern.llama.Types.BOOL;
import static io.quern.llama.Types.INT;
import static io.quern.llama.Types.POINTER;
import static io.quern.llama.Types.nothing;
import static io.quern.llama.Types.returning;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.SymbolLookup;

/** The functions of llama.cpp that Quern uses on contexts: decoding and the KV cache. */
final class ContextApi {
    private final NativeFunction defaultParams;
    private final NativeFunction create;
    private final NativeFunction free;
    private final NativeFunction attachThreadPool;
    private final NativeFunction detachThreadPool;
    private final NativeFunction setThreads;
    private final NativeFunction decode;
    private final NativeFunction logits;
    private final NativeFunction memory;
    private final NativeFunction removeSequence;
    private final NativeFunction firstPosition;
    private final NativeFunction lastPosition;
    private final NativeFunction stateSize;
    private final NativeFunction saveState;
    private final NativeFunction loadState;

    ContextApi(SymbolLookup symbols) {
        defaultParams = new NativeFunction(symbols, "llama_context_default_params", returning(ContextParams.LAYOUT));
        create =
                new NativeFunction(symbols, "llama_init_from_model", returning(POINTER, POINTER, ContextParams.LAYOUT));
        free = new NativeFunction(symbols, "llama_free", nothing(POINTER));
        attachThreadPool = new NativeFunction(symbols, "llama_attach_threadpool", nothing(POINTER, POINTER, POINTER));
        detachThreadPool = new NativeFunction(symbols, "llama_detach_threadpool", nothing(POINTER));
        setThreads = new NativeFunction(symbols, "llama_set_n_threads", nothing(POINTER, INT, INT));
        decode = new NativeFunction(symbols, "llama_decode", returning(INT, POINTER, Batch.LAYOUT));
        logits = new NativeFunction(symbols, "llama_get_logits_ith", returning(POINTER, POINTER, INT));
        memory = new NativeFunction(symbols, "llama_get_memory", returning(POINTER, POINTER));
        removeSequence = new NativeFunction(symbols, "llama_memory_seq_rm", returning(BOOL, POINTER, INT, INT, INT));
        firstPosition = new NativeFunction(symbols, "llama_memory_seq_pos_min", returning(INT, POINTER, INT));
        lastPosition = new NativeFunction(symbols, "llama_memory_seq_pos_max", returning(INT, POINTER, INT));
        stateSize = new NativeFunction(symbols, "llama_state_seq_get_size", returning(JAVA_LONG, POINTER, INT));
        saveState = new NativeFunction(
                symbols, "llama_state_seq_get_data", returning(JAVA_LONG, POINTER, POINTER, JAVA_LONG, INT));
        loadState = new NativeFunction(
                symbols, "llama_state_seq_set_data", returning(JAVA_LONG, POINTER, POINTER, JAVA_LONG, INT));
    }

    MemorySegment defaultParams(SegmentAllocator result) {
        try {
            return (MemorySegment) defaultParams.handle().invokeExact(result);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    MemorySegment create(MemorySegment model, MemorySegment params) {
        try {
            return (MemorySegment) create.handle().invokeExact(model, params);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    void free(MemorySegment context) {
        try {
            free.handle().invokeExact(context);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    void detachThreadPool(MemorySegment context) {
        try {
            detachThreadPool.handle().invokeExact(context);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    void setThreads(MemorySegment context, int threads) {
        try {
            setThreads.handle().invokeExact(context, threads, threads);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    void attachThreadPool(MemorySegment context, MemorySegment pool, MemorySegment batchPool) {
        try {
            attachThreadPool.handle().invokeExact(context, pool, batchPool);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    int decode(MemorySegment context, MemorySegment batch) {
        try {
            return (int) decode.handle().invokeExact(context, batch);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    MemorySegment logits(MemorySegment context, int output) {
        try {
            return (MemorySegment) logits.handle().invokeExact(context, output);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    MemorySegment memory(MemorySegment context) {
        try {
            return (MemorySegment) memory.handle().invokeExact(context);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    boolean removeSequence(MemorySegment memory, int sequence, int from, int to) {
        try {
            return (boolean) removeSequence.handle().invokeExact(memory, sequence, from, to);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    int firstPosition(MemorySegment memory, int sequence) {
        try {
            return (int) firstPosition.handle().invokeExact(memory, sequence);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    int lastPosition(MemorySegment memory, int sequence) {
        try {
            return (int) lastPosition.handle().invokeExact(memory, sequence);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    void prepareStates() {
        firstPosition.handle();
        stateSize.handle();
        saveState.handle();
        loadState.handle();
    }

    long stateSize(MemorySegment context, int sequence) {
        try {
            return (long) stateSize.handle().invokeExact(context, sequence);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    long saveState(MemorySegment context, MemorySegment to, long bytes, int sequence) {
        try {
            return (long) saveState.handle().invokeExact(context, to, bytes, sequence);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    long loadState(MemorySegment context, MemorySegment from, long bytes, int sequence) {
        try {
            return (long) loadState.handle().invokeExact(context, from, bytes, sequence);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }
}
