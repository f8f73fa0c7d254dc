package io.quern.llama;

import static io.quern.llama.Types.POINTER;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;

/**
 * ggml's compute threads, kept between decodes: without a pool llama.cpp creates and joins threads for every decode.
 *
 * <p>Its functions are in the CPU backend, which is loaded at run time, so that backend is asked for their addresses.
 */
final class ThreadPool implements AutoCloseable {
    private static final int CPU_DEVICE = 0;
    private static final long PARAMS_BYTES = 528;
    private static final long POLL = 520;

    /**
     * How long threads wait actively for more work, in units of 131,072 rounds. One unit is some milliseconds, which is
     * longer than the time between two computations. The default, 50, would keep cores busy long after the last one.
     */
    private static final int ACTIVE_WAIT = 1;

    private final LlamaLibrary library;
    private final MemorySegment pool;

    ThreadPool(LlamaLibrary library, int threads) {
        this.library = library;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment params = arena.allocate(PARAMS_BYTES, Long.BYTES);
            library.backend.initThreadPoolParams(params, threads);
            params.set(JAVA_INT, POLL, ACTIVE_WAIT);
            pool = (MemorySegment) Linker.nativeLinker()
                    .downcallHandle(function(arena, "ggml_threadpool_new"), FunctionDescriptor.of(POINTER, POINTER))
                    .invokeExact(params);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
        if (pool.address() == 0) {
            throw new LlamaException(
                    LlamaException.Kind.CONTEXT, "llama.cpp could not create a pool of " + threads + " threads");
        }
    }

    MemorySegment address() {
        return pool;
    }

    @Override
    public void close() {
        try (Arena arena = Arena.ofConfined()) {
            Linker.nativeLinker()
                    .downcallHandle(function(arena, "ggml_threadpool_free"), FunctionDescriptor.ofVoid(POINTER))
                    .invokeExact(pool);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    private MemorySegment function(Arena arena, String name) {
        MemorySegment cpu = library.backend.deviceOfType(CPU_DEVICE);
        MemorySegment function = cpu.address() == 0
                ? MemorySegment.NULL
                : library.backend.procAddress(library.backend.registryOf(cpu), arena.allocateFrom(name));
        if (function.address() == 0) {
            throw new LlamaException(LlamaException.Kind.LIBRARY, "the CPU backend has no function " + name);
        }
        return function;
    }
}
