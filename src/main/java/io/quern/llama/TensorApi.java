package io.quern.llama;

import static io.quern.llama.Types.BOOL;
import static io.quern.llama.Types.FLOAT;
import static io.quern.llama.Types.INT;
import static io.quern.llama.Types.LONG;
import static io.quern.llama.Types.POINTER;
import static io.quern.llama.Types.nothing;
import static io.quern.llama.Types.returning;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;

/** The functions of ggml with which a computation is built and run outside of a model. */
final class TensorApi {
    /** {@code ggml_init_params}: size, buffer, no_alloc. */
    private static final StructLayout INIT_PARAMS = Types.largeStruct(24);

    private static final int CPU_DEVICE = 0;

    private final BackendApi backend;
    private final NativeFunction init;
    private final NativeFunction free;
    private final NativeFunction newTensor;
    private final NativeFunction mulMat;
    private final NativeFunction softMax;
    private final NativeFunction data;
    private final NativeFunction newGraph;
    private final NativeFunction expand;
    private final NativeFunction rowSize;
    private final NativeFunction needsImportance;
    private final NativeFunction quantizeChunk;
    private final NativeFunction createBackend;
    private final NativeFunction freeBackend;
    private final NativeFunction hostBufferType;
    private final NativeFunction supports;
    private final NativeFunction allocate;
    private final NativeFunction freeBuffer;
    private final NativeFunction setTensor;
    private final NativeFunction compute;

    TensorApi(SymbolLookup symbols, BackendApi backend) {
        this.backend = backend;
        init = new NativeFunction(symbols, "ggml_init", returning(POINTER, INIT_PARAMS));
        free = new NativeFunction(symbols, "ggml_free", nothing(POINTER));
        newTensor = new NativeFunction(symbols, "ggml_new_tensor_2d", returning(POINTER, POINTER, INT, LONG, LONG));
        mulMat = new NativeFunction(symbols, "ggml_mul_mat", returning(POINTER, POINTER, POINTER, POINTER));
        softMax = new NativeFunction(
                symbols, "ggml_soft_max_ext", returning(POINTER, POINTER, POINTER, POINTER, FLOAT, FLOAT));
        data = new NativeFunction(symbols, "ggml_get_data", returning(POINTER, POINTER));
        newGraph = new NativeFunction(symbols, "ggml_new_graph", returning(POINTER, POINTER));
        expand = new NativeFunction(symbols, "ggml_build_forward_expand", nothing(POINTER, POINTER));
        rowSize = new NativeFunction(symbols, "ggml_row_size", returning(LONG, INT, LONG));
        needsImportance = new NativeFunction(symbols, "ggml_quantize_requires_imatrix", returning(BOOL, INT));
        quantizeChunk = new NativeFunction(
                symbols, "ggml_quantize_chunk", returning(LONG, INT, POINTER, POINTER, LONG, LONG, LONG, POINTER));
        createBackend = new NativeFunction(symbols, "ggml_backend_dev_init", returning(POINTER, POINTER, POINTER));
        freeBackend = new NativeFunction(symbols, "ggml_backend_free", nothing(POINTER));
        hostBufferType = new NativeFunction(symbols, "ggml_backend_dev_buffer_type", returning(POINTER, POINTER));
        supports = new NativeFunction(symbols, "ggml_backend_dev_supports_op", returning(BOOL, POINTER, POINTER));
        allocate = new NativeFunction(
                symbols, "ggml_backend_alloc_ctx_tensors_from_buft", returning(POINTER, POINTER, POINTER));
        freeBuffer = new NativeFunction(symbols, "ggml_backend_buffer_free", nothing(POINTER));
        setTensor =
                new NativeFunction(symbols, "ggml_backend_tensor_set", nothing(POINTER, POINTER, JAVA_LONG, JAVA_LONG));
        compute = new NativeFunction(symbols, "ggml_backend_graph_compute", returning(INT, POINTER, POINTER));
    }

    /** Returns the processor as a device. */
    MemorySegment processor() {
        MemorySegment cpu = backend.deviceOfType(CPU_DEVICE);
        if (cpu.address() == 0) {
            throw new LlamaException(LlamaException.Kind.LIBRARY, "llama.cpp has no backend for the processor");
        }
        return cpu;
    }

    /** Creates a context for descriptions of tensors, without their data. */
    MemorySegment context(long bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment params = arena.allocate(INIT_PARAMS);
            params.set(JAVA_LONG, 0, bytes);
            params.set(ADDRESS, 8, MemorySegment.NULL);
            params.set(JAVA_BOOLEAN, 16, true);
            return (MemorySegment) init.handle().invokeExact(params);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    void freeContext(MemorySegment context) {
        try {
            free.handle().invokeExact(context);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    MemorySegment tensor(MemorySegment context, int type, long columns, long rows) {
        try {
            return (MemorySegment) newTensor.handle().invokeExact(context, type, columns, rows);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    MemorySegment product(MemorySegment context, MemorySegment weights, MemorySegment input) {
        try {
            return (MemorySegment) mulMat.handle().invokeExact(context, weights, input);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    /** Describes the softmax of each row of a tensor after its elements are multiplied by a factor. */
    MemorySegment softMax(MemorySegment context, MemorySegment input, float factor) {
        try {
            return (MemorySegment) softMax.handle().invokeExact(context, input, MemorySegment.NULL, factor, 0f);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    /** Returns the address of a tensor's elements. */
    MemorySegment data(MemorySegment tensor) {
        try {
            return (MemorySegment) data.handle().invokeExact(tensor);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    MemorySegment graph(MemorySegment context) {
        try {
            return (MemorySegment) newGraph.handle().invokeExact(context);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    void expand(MemorySegment graph, MemorySegment result) {
        try {
            expand.handle().invokeExact(graph, result);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    long rowBytes(int type, long columns) {
        try {
            return (long) rowSize.handle().invokeExact(type, columns);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    boolean needsImportance(int type) {
        try {
            return (boolean) needsImportance.handle().invokeExact(type);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    void quantize(int type, MemorySegment from, MemorySegment to, long rows, long columns, MemorySegment importance) {
        try {
            long written = (long) quantizeChunk.handle().invokeExact(type, from, to, 0L, rows, columns, importance);
            if (written != to.byteSize()) {
                throw new LlamaException(LlamaException.Kind.QUANTIZE, "ggml wrote " + written + " bytes of rows");
            }
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    MemorySegment createBackend(MemorySegment device) {
        try {
            return (MemorySegment) createBackend.handle().invokeExact(device, MemorySegment.NULL);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    void freeBackend(MemorySegment created) {
        try {
            freeBackend.handle().invokeExact(created);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    void useThreads(MemorySegment device, MemorySegment created, int threads) {
        try (Arena arena = Arena.ofConfined()) {
            Linker.nativeLinker()
                    .downcallHandle(
                            own(device, "ggml_backend_set_n_threads", arena), FunctionDescriptor.ofVoid(POINTER, INT))
                    .invokeExact(created, threads);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    /**
     * Returns the kinds of memory in which the processor holds weights rearranged, as a C array that ends with null.
     */
    MemorySegment extraBufferTypes(MemorySegment device) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment all = (MemorySegment) Linker.nativeLinker()
                    .downcallHandle(
                            own(device, "ggml_backend_dev_get_extra_bufts", arena),
                            FunctionDescriptor.of(POINTER, POINTER))
                    .invokeExact(device);
            return all.reinterpret(Long.MAX_VALUE);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    private MemorySegment own(MemorySegment device, String name, Arena arena) {
        MemorySegment function = backend.procAddress(backend.registryOf(device), arena.allocateFrom(name));
        if (function.address() == 0) {
            throw new LlamaException(LlamaException.Kind.LIBRARY, "the CPU backend has no function " + name);
        }
        return function;
    }

    MemorySegment hostBufferType(MemorySegment device) {
        try {
            return (MemorySegment) hostBufferType.handle().invokeExact(device);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    boolean supports(MemorySegment device, MemorySegment operation) {
        try {
            return (boolean) supports.handle().invokeExact(device, operation);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    /** Allocates the data of all tensors of a context that have none; null if memory is short. */
    MemorySegment allocate(MemorySegment context, MemorySegment bufferType) {
        try {
            return (MemorySegment) allocate.handle().invokeExact(context, bufferType);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    void freeBuffer(MemorySegment buffer) {
        try {
            freeBuffer.handle().invokeExact(buffer);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    void set(MemorySegment tensor, MemorySegment data) {
        try {
            setTensor.handle().invokeExact(tensor, data, 0L, data.byteSize());
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    void compute(MemorySegment created, MemorySegment graph) {
        try {
            int status = (int) compute.handle().invokeExact(created, graph);
            if (status != 0) {
                throw new LlamaException(LlamaException.Kind.DECODE, "ggml failed with status " + status);
            }
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }
}
