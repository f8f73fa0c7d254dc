package io.quern.gpu;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/** The first NVIDIA GPU, read with NVML, which does not initialise CUDA. It stays open for the life of the process. */
final class Gpu {
    private static final List<String> PLACES = List.of(
            "libnvidia-ml.so.1",
            "/usr/local/nvidia/lib64/libnvidia-ml.so.1",
            "/usr/local/nvidia/lib/libnvidia-ml.so.1",
            "/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1");

    /** MiB that may still be used after processes have ended: contexts of other processes come and go. */
    static final double TOLERANCE = 64;

    private static final int MEMORY_CLOCK = 2;
    private static final int NAME_BYTES = 96;

    private final MethodHandle memoryInfo;
    private final MethodHandle maxClock;
    private final MethodHandle busWidth;
    private final MethodHandle nameOf;
    private final MethodHandle uuidOf;
    private final MemorySegment device;
    private final MemorySegment buffer = Arena.global().allocate(NAME_BYTES, 8);

    private Gpu(SymbolLookup nvml) throws Throwable {
        Linker linker = Linker.nativeLinker();
        FunctionDescriptor withPointer =
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS);
        FunctionDescriptor withText = FunctionDescriptor.of(
                ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_INT);
        MethodHandle init =
                linker.downcallHandle(nvml.findOrThrow("nvmlInit_v2"), FunctionDescriptor.of(ValueLayout.JAVA_INT));
        MethodHandle byIndex = linker.downcallHandle(
                nvml.findOrThrow("nvmlDeviceGetHandleByIndex_v2"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
        memoryInfo = linker.downcallHandle(nvml.findOrThrow("nvmlDeviceGetMemoryInfo"), withPointer);
        busWidth = linker.downcallHandle(nvml.findOrThrow("nvmlDeviceGetMemoryBusWidth"), withPointer);
        nameOf = linker.downcallHandle(nvml.findOrThrow("nvmlDeviceGetName"), withText);
        uuidOf = linker.downcallHandle(nvml.findOrThrow("nvmlDeviceGetUUID"), withText);
        maxClock = linker.downcallHandle(
                nvml.findOrThrow("nvmlDeviceGetMaxClockInfo"),
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
        ok((int) init.invokeExact(), "nvmlInit");
        ok((int) byIndex.invokeExact(0, buffer), "nvmlDeviceGetHandleByIndex");
        device = buffer.get(ValueLayout.ADDRESS, 0);
    }

    /**
     * Opens the GPU.
     *
     * @throws IllegalStateException if there is no GPU or NVML does not work
     */
    static Gpu open() {
        List<String> why = new ArrayList<>();
        for (String place : PLACES) {
            if (place.startsWith("/") && !Files.exists(Path.of(place))) {
                continue;
            }
            try {
                return new Gpu(SymbolLookup.libraryLookup(place, Arena.global()));
            } catch (Throwable e) {
                why.add(place + ": " + e.getMessage());
            }
        }
        throw new IllegalStateException("NVML does not work: " + String.join("; ", why));
    }

    private static void ok(int status, String call) {
        if (status != 0) {
            throw new IllegalStateException(call + " failed with " + status);
        }
    }

    /** A function of NVML. */
    private interface Function {
        int call() throws Throwable;
    }

    private static void call(String name, Function function) {
        try {
            ok(function.call(), name);
        } catch (IllegalStateException e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(name + " failed", e);
        }
    }

    private synchronized long memory(int field) {
        call("nvmlDeviceGetMemoryInfo", () -> (int) memoryInfo.invokeExact(device, buffer));
        return buffer.getAtIndex(ValueLayout.JAVA_LONG, field);
    }

    synchronized String name() {
        call("nvmlDeviceGetName", () -> (int) nameOf.invokeExact(device, buffer, NAME_BYTES));
        return buffer.getString(0);
    }

    synchronized String uuid() {
        call("nvmlDeviceGetUUID", () -> (int) uuidOf.invokeExact(device, buffer, NAME_BYTES));
        return buffer.getString(0);
    }

    long totalBytes() {
        return memory(0);
    }

    long usedBytes() {
        return memory(2);
    }

    double usedMebibytes() {
        return usedBytes() / (double) (1 << 20);
    }

    /**
     * Returns the largest bandwidth of the memory in bytes per second: two transfers per clock over its whole width.
     */
    synchronized double bandwidth() {
        call("nvmlDeviceGetMaxClockInfo", () -> (int) maxClock.invokeExact(device, MEMORY_CLOCK, buffer));
        double megahertz = buffer.get(ValueLayout.JAVA_INT, 0);
        call("nvmlDeviceGetMemoryBusWidth", () -> (int) busWidth.invokeExact(device, buffer));
        return megahertz * 1e6 * 2 * buffer.get(ValueLayout.JAVA_INT, 0) / 8;
    }

    /** Waits until the condition holds, and returns the milliseconds that this took, or -1 after the limit. */
    static double await(long limitMillis, BooleanSupplier done) throws InterruptedException {
        long started = System.nanoTime();
        while (System.nanoTime() - started < limitMillis * 1_000_000) {
            if (done.getAsBoolean()) {
                return (System.nanoTime() - started) / 1e6;
            }
            Thread.sleep(2);
        }
        return -1;
    }
}
