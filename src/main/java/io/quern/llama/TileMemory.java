package io.quern.llama;

import static io.quern.llama.Types.POINTER;
import static io.quern.llama.Types.returning;
import static java.lang.foreign.ValueLayout.ADDRESS;

import java.lang.foreign.MemorySegment;

/**
 * The memory in which llama.cpp holds weights for AMX, which multiplies tiles of matrices, if the processor has it.
 *
 * <p>v0.5.0 multiplies such weights correctly by one matrix only. It writes the product with a second one to a wrong
 * place, perhaps into memory of others, because it adds a number of bytes to a pointer to floats
 * (ggml-cpu/amx/mmq.cpp, {@code dst_offset}).
 *
 * <p>For one thread.
 */
final class TileMemory {
    private static final String NAME = "AMX";

    private final long type;
    private final NativeFunction typeOf;

    /** The buffer that was asked about last, because neighbours are mostly in the same one. */
    private long buffer;

    private boolean bufferIsTiled;

    TileMemory(LlamaLibrary library) {
        typeOf = new NativeFunction(library.symbols(), "ggml_backend_buffer_get_type", returning(POINTER, POINTER));
        var name = new NativeFunction(library.symbols(), "ggml_backend_buft_name", returning(POINTER, POINTER));
        TensorApi api = new TensorApi(library.symbols(), library.backend);
        MemorySegment types = api.extraBufferTypes(api.processor());
        long found = 0;
        try {
            for (int i = 0; types.address() != 0 && found == 0; i++) {
                MemorySegment each = types.getAtIndex(ADDRESS, i);
                if (each.address() == 0) {
                    break;
                }
                if (Types.string((MemorySegment) name.handle().invokeExact(each))
                        .equals(NAME)) {
                    found = each.address();
                }
            }
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
        type = found;
    }

    /** Returns whether the processor has such memory. */
    boolean exists() {
        return type != 0;
    }

    /** Returns whether it holds a matrix of weights. */
    boolean holds(long weights) {
        if (type == 0) {
            return false;
        }
        long its = TensorLayout.buffer(weights);
        if (its != buffer) {
            buffer = its;
            bufferIsTiled = its != 0 && typeOf(its) == type;
        }
        return bufferIsTiled;
    }

    private long typeOf(long address) {
        try {
            return ((MemorySegment) typeOf.handle().invokeExact(MemorySegment.ofAddress(address))).address();
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }
}
