package io.quern.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.TestSettings;
import io.quern.device.ComputeDevice;
import io.quern.device.Device;
import io.quern.device.DeviceReport;
import io.quern.device.Vendor;
import io.quern.jvm.WorkerBounds;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class AwaitingMemoryTest {
    private static final long GIB = 1L << 30;
    private static final Duration LONG = Duration.ofMinutes(5);

    /** Remaining answers; the last one repeats. */
    private final Deque<DeviceReport> answers = new ArrayDeque<>();

    private int looks;

    @Test
    void onlyComputingGpuWithKnownMemoryIsAwaited() {
        assertThat(AwaitingMemory.needed(DeviceReport.none())).isFalse();
        assertThat(AwaitingMemory.needed(report(80))).isTrue();
        DeviceReport unused = new DeviceReport(
                true, report(80).devices(), List.of(new ComputeDevice("CPU", "", "cpu", 1, 1)), Map.of(), List.of());
        assertThat(AwaitingMemory.needed(unused))
                .as("llama.cpp computes on the processor")
                .isFalse();
    }

    @Test
    void restartWaitsUntilMemoryIsFree() throws Exception {
        settle(gate(80, LONG, 20, 30, 79), worker(0, Optional.empty()));
        assertThat(looks).isEqualTo(3);
    }

    @Test
    void waitEndsAtTheLimit() throws Exception {
        // one probe each quarter of a second, or fewer on a slow machine
        settle(gate(80, Duration.ofMillis(600), 20), worker(0, Optional.empty()));
        assertThat(looks).isBetween(1, 4);
    }

    @Test
    void workerWaitsOnlyForItsOwnDevices() throws Exception {
        // the first device is free; the second, of another worker, is not
        AwaitingMemory gate = new AwaitingMemory(inner(), two(80, 80), answering(two(80, 20)), LONG);
        settle(gate, worker(0, Optional.of("0")));
        assertThat(looks).isEqualTo(1);
    }

    @Test
    void sharedDeviceWaitEndsWithoutMemoryGrowth() throws Exception {
        AwaitingMemory gate = gate(80, LONG, 20, 40, 40);
        gate.launch(worker(0, Optional.empty()), settings -> "", null);
        gate.launch(worker(1, Optional.empty()), settings -> "", null);
        settle(gate, worker(0, Optional.empty()));
        assertThat(looks).isEqualTo(3);
    }

    @Test
    void failedProbeDoesNotDelayAWorker() throws Exception {
        DeviceReport failed = new DeviceReport(false, List.of(), List.of(), Map.of(), List.of("it crashed"));
        settle(new AwaitingMemory(inner(), report(80), answering(failed), LONG), worker(0, Optional.empty()));
        assertThat(looks).isEqualTo(1);
    }

    @Test
    void zeroLimitMeansNoWait() {
        assertThat(gate(80, Duration.ZERO, 20).settled(worker(0, Optional.empty())))
                .isEmpty();
    }

    private static void settle(AwaitingMemory gate, WorkerSpec spec) throws Exception {
        CompletionStage<Void> settled = gate.settled(spec).orElseThrow();
        settled.toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    private AwaitingMemory gate(long before, Duration limit, long... freeGib) {
        return new AwaitingMemory(
                inner(),
                report(before),
                answering(LongStream.of(freeGib)
                        .mapToObj(AwaitingMemoryTest::report)
                        .toArray(DeviceReport[]::new)),
                limit);
    }

    private Supplier<DeviceReport> answering(DeviceReport... reports) {
        answers.addAll(List.of(reports));
        return () -> {
            looks++;
            return answers.size() > 1 ? answers.remove() : answers.peek();
        };
    }

    /** A starter whose launches fail, which does not matter here. */
    private static WorkerStarter inner() {
        return new InlineStarter(
                new InlineWorker() {
                    @Override
                    public Connection connection() throws java.io.IOException {
                        throw new java.io.IOException("not here");
                    }

                    @Override
                    public int run(
                            int id,
                            String token,
                            java.nio.channels.ByteChannel channel,
                            java.util.function.Consumer<String> output) {
                        return 1;
                    }
                },
                channel -> {});
    }

    private static DeviceReport report(long freeGib) {
        return report(List.of(gpu("GPU-a", freeGib)));
    }

    private static DeviceReport two(long first, long second) {
        return report(List.of(gpu("GPU-a", first), gpu("GPU-b", second)));
    }

    private static DeviceReport report(List<Device> devices) {
        return new DeviceReport(
                true, devices, List.of(new ComputeDevice("CUDA0", "", "gpu", 80 * GIB, GIB)), Map.of(), List.of());
    }

    private static Device gpu(String id, long freeGib) {
        return new Device(Vendor.NVIDIA, id, "", 81 * GIB, freeGib * GIB, "9.0", "", false, true, "nvml");
    }

    private static WorkerSpec worker(int id, Optional<String> devices) {
        return new WorkerSpec(
                id,
                Path.of("s"),
                devices,
                WorkerBounds.of(1, 256, 0, 0, 1 << 20, List.of()),
                TestSettings.of(Path.of("m"), Path.of("l"), 1, 256).build());
    }
}
