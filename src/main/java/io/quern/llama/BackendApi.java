package io.quern.llama;

import static io.quern.llama.Types.INT;
import static io.quern.llama.Types.LONG;
import static io.quern.llama.Types.POINTER;
import static io.quern.llama.Types.nothing;
import static io.quern.llama.Types.returning;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;

/** The functions of ggml that Quern uses: devices and the thread pool. */
final class BackendApi {
    private final NativeFunction loadAll;
    private final NativeFunction deviceCount;
    private final NativeFunction device;
    private final NativeFunction deviceOfType;
    private final NativeFunction deviceType;
    private final NativeFunction deviceName;
    private final NativeFunction deviceDescription;
    private final NativeFunction deviceMemory;
    private final NativeFunction registryOf;
    private final NativeFunction procAddress;
    private final NativeFunction initThreadPoolParams;

    BackendApi(SymbolLookup symbols) {
        loadAll = new NativeFunction(symbols, "ggml_backend_load_all_from_path", nothing(POINTER));
        deviceCount = new NativeFunction(symbols, "ggml_backend_dev_count", returning(LONG));
        device = new NativeFunction(symbols, "ggml_backend_dev_get", returning(POINTER, LONG));
        deviceOfType = new NativeFunction(symbols, "ggml_backend_dev_by_type", returning(POINTER, INT));
        deviceType = new NativeFunction(symbols, "ggml_backend_dev_type", returning(INT, POINTER));
        deviceName = new NativeFunction(symbols, "ggml_backend_dev_name", returning(POINTER, POINTER));
        deviceDescription = new NativeFunction(symbols, "ggml_backend_dev_description", returning(POINTER, POINTER));
        deviceMemory = new NativeFunction(symbols, "ggml_backend_dev_memory", nothing(POINTER, POINTER, POINTER));
        registryOf = new NativeFunction(symbols, "ggml_backend_dev_backend_reg", returning(POINTER, POINTER));
        procAddress =
                new NativeFunction(symbols, "ggml_backend_reg_get_proc_address", returning(POINTER, POINTER, POINTER));
        initThreadPoolParams = new NativeFunction(symbols, "ggml_threadpool_params_init", nothing(POINTER, INT));
    }

    void loadAll(MemorySegment folder) {
        try {
            loadAll.handle().invokeExact(folder);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    long deviceCount() {
        try {
            return (long) deviceCount.handle().invokeExact();
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    MemorySegment device(long index) {
        try {
            return (MemorySegment) device.handle().invokeExact(index);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    MemorySegment deviceOfType(int type) {
        try {
            return (MemorySegment) deviceOfType.handle().invokeExact(type);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    int deviceType(MemorySegment device) {
        try {
            return (int) deviceType.handle().invokeExact(device);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    MemorySegment deviceName(MemorySegment device) {
        try {
            return (MemorySegment) deviceName.handle().invokeExact(device);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    MemorySegment deviceDescription(MemorySegment device) {
        try {
            return (MemorySegment) deviceDescription.handle().invokeExact(device);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    /** Writes the free and the total bytes of a device's memory, as size_t. */
    void deviceMemory(MemorySegment device, MemorySegment free, MemorySegment total) {
        try {
            deviceMemory.handle().invokeExact(device, free, total);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    MemorySegment registryOf(MemorySegment device) {
        try {
            return (MemorySegment) registryOf.handle().invokeExact(device);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    MemorySegment procAddress(MemorySegment registry, MemorySegment name) {
        try {
            return (MemorySegment) procAddress.handle().invokeExact(registry, name);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    void initThreadPoolParams(MemorySegment params, int threads) {
        try {
            initThreadPoolParams.handle().invokeExact(params, threads);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }
}
