package io.quern.probe;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * NVIDIA's management library (NVML), initialised. It asks the driver without initialising CUDA: it creates no context
 * and uses no GPU memory. Functions and codes are those of NVIDIA's NVML API reference; all functions return an int, 0
 * for success.
 */
final class Nvml implements AutoCloseable {
    /**
     * Length of the longest text that any function used here returns, including its end
     * (NVML_DEVICE_UUID_V2_BUFFER_SIZE).
     */
    private static final int MAX_TEXT = 96;

    private final SymbolLookup library;

    private Nvml(SymbolLookup library) {
        this.library = library;
    }

    record Memory(long totalBytes, long freeBytes) {}

    /**
     * @param library a path, or a name that the dynamic linker looks up
     * @throws NvmlException {@link NvmlException#ABSENT} if it cannot be opened; otherwise the reason why NVML does not
     *     work
     */
    static Nvml open(String library) throws NvmlException {
        SymbolLookup symbols;
        try {
            symbols = SymbolLookup.libraryLookup(library, Arena.global());
        } catch (IllegalArgumentException e) {
            throw new NvmlException(NvmlException.ABSENT, library + " cannot be opened");
        }
        Nvml nvml = new Nvml(symbols);
        nvml.call("nvmlInit_v2");
        return nvml;
    }

    String driverVersion() throws NvmlException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(MAX_TEXT);
            call("nvmlSystemGetDriverVersion", text, MAX_TEXT);
            return text.getString(0);
        }
    }

    int deviceCount() throws NvmlException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(JAVA_INT);
            call("nvmlDeviceGetCount_v2", count);
            return count.get(JAVA_INT, 0);
        }
    }

    /** @return a handle that is valid until {@link #close} */
    MemorySegment device(int index) throws NvmlException {
        return handle("nvmlDeviceGetHandleByIndex_v2", index);
    }

    String uuid(MemorySegment device) throws NvmlException {
        return text("nvmlDeviceGetUUID", device);
    }

    String name(MemorySegment device) throws NvmlException {
        return text("nvmlDeviceGetName", device);
    }

    Memory memory(MemorySegment device) throws NvmlException {
        try (Arena arena = Arena.ofConfined()) {
            // nvmlMemory_t: total, free, used
            MemorySegment memory = arena.allocate(JAVA_LONG, 3);
            call("nvmlDeviceGetMemoryInfo", device, memory);
            return new Memory(memory.getAtIndex(JAVA_LONG, 0), memory.getAtIndex(JAVA_LONG, 1));
        }
    }

    String computeCapability(MemorySegment device) throws NvmlException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment major = arena.allocate(JAVA_INT);
            MemorySegment minor = arena.allocate(JAVA_INT);
            call("nvmlDeviceGetCudaComputeCapability", device, major, minor);
            return major.get(JAVA_INT, 0) + "." + minor.get(JAVA_INT, 0);
        }
    }

    /** Returns whether the GPU is partitioned into instances now; false for a GPU that does not support it. */
    boolean mig(MemorySegment device) throws NvmlException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment current = arena.allocate(JAVA_INT);
            call("nvmlDeviceGetMigMode", device, current, arena.allocate(JAVA_INT));
            return current.get(JAVA_INT, 0) == 1;
        } catch (NvmlException e) {
            if (e.code() == NvmlException.NOT_SUPPORTED) {
                return false;
            }
            throw e;
        }
    }

    /** Returns the UUIDs of the instances of a GPU. */
    List<String> instances(MemorySegment device) throws NvmlException {
        int most;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(JAVA_INT);
            call("nvmlDeviceGetMaxMigDeviceCount", device, count);
            most = count.get(JAVA_INT, 0);
        }
        List<String> uuids = new ArrayList<>();
        for (int i = 0; i < most; i++) {
            try {
                uuids.add(uuid(handle("nvmlDeviceGetMigDeviceHandleByIndex", device, i)));
            } catch (NvmlException e) {
                // NVML reports "not found" for unused indices
                if (e.code() != NvmlException.NOT_FOUND) {
                    throw e;
                }
            }
        }
        return uuids;
    }

    @Override
    public void close() throws NvmlException {
        call("nvmlShutdown");
    }

    private MemorySegment handle(String function, Object... arguments) throws NvmlException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment handle = arena.allocate(ADDRESS);
            Object[] all = Arrays.copyOf(arguments, arguments.length + 1);
            all[arguments.length] = handle;
            call(function, all);
            return handle.get(ADDRESS, 0);
        }
    }

    private String text(String function, MemorySegment device) throws NvmlException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(MAX_TEXT);
            call(function, device, text, MAX_TEXT);
            return text.getString(0);
        }
    }

    /** @param arguments only of the C types pointer and int */
    private void call(String function, Object... arguments) throws NvmlException {
        MemorySegment symbol = library.find(function)
                .orElseThrow(() -> new NvmlException(
                        NvmlException.ABSENT, function + ": this driver's library has no such function"));
        MemoryLayout[] types = Arrays.stream(arguments)
                .map(argument -> argument instanceof MemorySegment ? ADDRESS : JAVA_INT)
                .toArray(MemoryLayout[]::new);
        int code;
        try {
            // this way to call is slow, but there are only a few calls
            code = (int) Linker.nativeLinker()
                    .downcallHandle(symbol, FunctionDescriptor.of(JAVA_INT, types))
                    .invokeWithArguments(arguments);
        } catch (Throwable e) {
            throw new IllegalStateException(function, e);
        }
        if (code != 0) {
            throw new NvmlException(code, function + ": " + errorText(code) + " (" + code + ")");
        }
    }

    private String errorText(int code) {
        try {
            MemorySegment symbol = library.find("nvmlErrorString").orElse(null);
            if (symbol == null) {
                return "error";
            }
            MemorySegment text = (MemorySegment) Linker.nativeLinker()
                    .downcallHandle(symbol, FunctionDescriptor.of(ADDRESS, JAVA_INT))
                    .invokeExact(code);
            return text.address() == 0
                    ? "error"
                    : text.reinterpret(Long.MAX_VALUE).getString(0);
        } catch (Throwable e) {
            throw new IllegalStateException("nvmlErrorString", e);
        }
    }
}
