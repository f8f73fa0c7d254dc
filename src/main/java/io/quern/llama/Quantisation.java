package io.quern.llama;

import static io.quern.llama.Types.INT;
import static io.quern.llama.Types.POINTER;
import static io.quern.llama.Types.returning;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.nio.file.Path;

/**
 * Writes a model file with other types of tensors ({@code llama_model_quantize}). llama.cpp reports its progress only
 * in its log, at the level of information.
 */
public final class Quantisation {
    private static final String PREFIX = "llama_model_quantize: failed to quantize: ";
    private static final StructLayout LAYOUT = Types.largeStruct(QuantizeParams.BYTES);

    private final LlamaLibrary library;
    private final NativeFunction defaultParams;
    private final NativeFunction quantize;

    public Quantisation(LlamaLibrary library) {
        this.library = library;
        defaultParams = new NativeFunction(library.symbols(), "llama_model_quantize_default_params", returning(LAYOUT));
        quantize = new NativeFunction(
                library.symbols(), "llama_model_quantize", returning(INT, POINTER, POINTER, POINTER));
    }

    /**
     * What to write.
     *
     * @param fileType llama.cpp's number for the mix of types ({@code llama_ftype})
     * @param threads number of threads
     * @param bufferBytes most bytes of rows that are in memory at the same time
     */
    public record Request(Path from, Path to, int fileType, int threads, long bufferBytes) {}

    /**
     * Writes the file; blocks until it is complete. Accepts a source that is quantised already.
     *
     * @throws LlamaException if llama.cpp refuses or fails, with its reason; the file is then incomplete
     */
    public void write(Request request) {
        run(request, false);
    }

    /**
     * Does the same, but writes nothing. The log then lists the types and sizes of the result.
     *
     * @throws LlamaException if llama.cpp refuses
     */
    public void rehearse(Request request) {
        run(request, true);
    }

    private void run(Request request, boolean dryRun) {
        library.log().forgetErrors();
        int result;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment params = params(arena);
            QuantizeParams.set(params, request.fileType(), request.threads(), request.bufferBytes(), dryRun);
            result = (int) quantize.handle()
                    .invokeExact(
                            arena.allocateFrom(request.from().toString()),
                            arena.allocateFrom(request.to().toString()),
                            params);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
        if (result != 0) {
            throw new LlamaException(
                    LlamaException.Kind.QUANTIZE, LlamaModel.reason(library).replace(PREFIX, ""));
        }
    }

    private MemorySegment params(Arena arena) {
        var guarded = new GuardedStruct("llama_model_quantize_params", QuantizeParams.BYTES, arena);
        try {
            MemorySegment params = (MemorySegment) defaultParams.handle().invokeExact(guarded.allocator());
            guarded.check(QuantizeParams.DEFAULTS);
            return params;
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }
}
