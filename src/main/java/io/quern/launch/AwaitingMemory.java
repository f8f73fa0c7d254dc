package io.quern.launch;

import io.quern.device.Device;
import io.quern.device.DeviceReport;
import io.quern.jvm.CrashTrace;
import io.quern.log.KeyedLog;
import io.quern.policy.StartMethod;
import io.quern.process.ChildProcess;
import io.quern.process.RunFile;
import io.quern.threads.EngineThreads;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * Delays the start of workers on devices with their own memory. A driver frees the memory of a killed process some time
 * after the process is gone, so a worker that starts earlier finds too little.
 */
final class AwaitingMemory implements WorkerStarter {
    private static final KeyedLog LOG = KeyedLog.of(AwaitingMemory.class);

    /** Time between two probes; each starts a process. */
    private static final Duration PERIOD = Duration.ofMillis(250);

    /** Memory that other programs (a desktop, a monitor) may have taken meanwhile, as a share. */
    private static final double TOLERANCE = 0.02;

    private static final long LEAST_TOLERANCE = 256L << 20;

    private final WorkerStarter inner;
    private final DeviceReport before;
    private final Supplier<DeviceReport> look;
    private final Duration limit;
    private final Map<Integer, WorkerSpec> known = new ConcurrentHashMap<>();

    /**
     * @param before the devices before the first worker started
     * @param look probes again; blocks for a bounded time
     * @param limit longest wait, after which the worker starts anyway
     */
    AwaitingMemory(WorkerStarter inner, DeviceReport before, Supplier<DeviceReport> look, Duration limit) {
        this.inner = inner;
        this.before = before;
        this.look = look;
        this.limit = limit;
    }

    /** Returns whether llama.cpp computes on a device whose memory is known. */
    static boolean needed(DeviceReport devices) {
        return devices.computeDevices().stream()
                        .anyMatch(device -> device.type().equals("gpu"))
                && devices.devices().stream().anyMatch(device -> device.visible() && device.memoryFreeBytes() > 0);
    }

    @Override
    public Optional<CompletionStage<Void>> settled(WorkerSpec spec) {
        if (limit.isZero()) {
            return Optional.empty();
        }
        CompletableFuture<Void> settled = new CompletableFuture<>();
        EngineThreads.daemon("quern-memory-" + spec.id()).start(() -> {
            try {
                await(spec);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (RuntimeException e) {
                LOG.workerId(spec.id()).warnf("The worker starts without waiting for its device's memory: %s", e);
            } finally {
                settled.complete(null);
            }
        });
        return Optional.of(settled);
    }

    private void await(WorkerSpec spec) throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        long wanted = free(before, spec);
        long tolerance = Math.max(LEAST_TOLERANCE, (long) (TOLERANCE * wanted));
        boolean shared = known.values().stream().anyMatch(other -> other.id() != spec.id() && shares(other, spec));
        long last = -1;
        while (true) {
            DeviceReport now = look.get();
            long free = free(now, spec);
            if (!now.probed() || free == 0) {
                LOG.workerId(spec.id())
                        .warnf(
                                "The worker starts without waiting for its device's memory, which cannot be probed: %s",
                                now.problems());
                return;
            }
            // how much other workers hold is unknown, so stop when no more memory is freed
            boolean still = shared && last >= 0 && free - last < tolerance;
            if (free >= wanted - tolerance || still) {
                return;
            }
            last = free;
            if (System.nanoTime() + PERIOD.toNanos() > end) {
                LOG.workerId(spec.id())
                        .warnf(
                                "After %s the worker's device has %d MiB free, fewer than the %d MiB before its first start;"
                                        + " the worker starts anyway",
                                limit, free >> 20, wanted >> 20);
                return;
            }
            Thread.sleep(PERIOD);
        }
    }

    private static boolean shares(WorkerSpec one, WorkerSpec other) {
        return one.devices().isEmpty()
                || other.devices().isEmpty()
                || one.devices().equals(other.devices());
    }

    /** Returns the free bytes on the devices that the worker may use. */
    private static long free(DeviceReport report, WorkerSpec spec) {
        List<Device> visible = report.devices().stream()
                .filter(device -> device.visible() && device.memoryTotalBytes() > 0)
                .toList();
        Optional<List<String>> names = spec.devices().map(text -> Arrays.asList(text.split("[+,]")));
        long free = 0;
        for (int i = 0; i < visible.size(); i++) {
            Device device = visible.get(i);
            String index = Integer.toString(i);
            if (names.isEmpty()
                    || names.get().stream()
                            .anyMatch(name -> name.equals(index) || device.id().startsWith(name))) {
                free += device.memoryFreeBytes();
            }
        }
        return free;
    }

    @Override
    public StartMethod method() {
        return inner.method();
    }

    @Override
    public CompletionStage<ChildProcess> launch(WorkerSpec spec, TokenIssuer tokens, LaunchEvents events) {
        known.put(spec.id(), spec);
        return inner.launch(spec, tokens, events);
    }

    @Override
    public void prepareNext(WorkerSpec like) {
        inner.prepareNext(like);
    }

    @Override
    public Optional<RunFile> runFile() {
        return inner.runFile();
    }

    @Override
    public Optional<CrashTrace> crash(long pid) {
        return inner.crash(pid);
    }

    @Override
    public boolean handsOver() {
        return inner.handsOver();
    }

    @Override
    public Optional<Map<String, Object>> handOver() {
        return inner.handOver();
    }

    @Override
    public ChildProcess takeUp(WorkerSpec spec, Map<String, Object> child, LaunchEvents events) {
        known.put(spec.id(), spec);
        return inner.takeUp(spec, child, events);
    }

    @Override
    public void close() {
        inner.close();
    }
}
