package io.quern.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.device.ComputeDevice;
import io.quern.device.Device;
import io.quern.device.DeviceReport;
import io.quern.device.Vendor;
import io.quern.model.ModelMemory;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DeviceNeedTest {
    private static final long GIB = 1L << 30;

    /** A model of 30 GiB with 128 KiB of cache a token. */
    private static final ModelMemory MODEL =
            new ModelMemory(30 * GIB, 30 * GIB, 128 << 10, 0, 131_072, 32, 4096, 14_336, false, 128_256, 100, 1);

    @Test
    void tooLargeModelIsRefusedWithArithmetic() {
        Optional<String> problem = DeviceNeed.problem(gpus(24 * GIB), Optional.empty(), 1, one(4, 4096));
        assertThat(problem).hasValueSatisfying(text -> assertThat(text)
                .startsWith(
                        "the model needs 32.6 GiB (weights 30 GiB + KV cache 4 slots x 4096 tokens x 128 KiB = 2 GiB"
                                + " + buffers ")
                .contains("but the memory of NVIDIA H100 is 24 GiB"));
    }

    @Test
    void recurrentStatesCountOnTheGpu() {
        ModelMemory recurrent =
                new ModelMemory(20 * GIB, 20 * GIB, 0, GIB, 131_072, 0, 4096, 14_336, false, 128_256, 100, 1);
        DeviceNeed need = new DeviceNeed(recurrent, 1, 8, 4096, true);
        assertThat(DeviceNeed.problem(gpus(24 * GIB), Optional.empty(), 1, need))
                .hasValueSatisfying(text -> assertThat(text)
                        .contains("(weights 20 GiB + recurrent states 8 slots x 1 GiB = 8 GiB + buffers "));
    }

    @Test
    void modelThatFitsIsServed() {
        assertThat(DeviceNeed.problem(gpus(80 * GIB), Optional.empty(), 2, one(4, 4096)))
                .isEmpty();
    }

    @Test
    void workersThatShareGpusAddUp() {
        assertThat(DeviceNeed.problem(gpus(80 * GIB), Optional.empty(), 3, one(4, 4096)))
                .hasValueSatisfying(text -> assertThat(text).contains("3 workers x (weights 30 GiB"));
        assertThat(DeviceNeed.problem(gpus(80 * GIB, 80 * GIB), Optional.empty(), 3, one(4, 4096)))
                .isEmpty();
    }

    @Test
    void eachWorkerIsComparedWithItsOwnGpus() {
        DeviceReport two = gpus(80 * GIB, 24 * GIB);
        assertThat(DeviceNeed.problem(two, Optional.of(List.of("0", "1")), 2, one(4, 4096)))
                .hasValueSatisfying(text -> assertThat(text).contains("is 24 GiB"));
        assertThat(DeviceNeed.problem(two, Optional.of(List.of("GPU-0")), 2, one(4, 4096)))
                .isEmpty();
        assertThat(DeviceNeed.problem(two, Optional.of(List.of("0+1")), 3, one(4, 4096)))
                .isEmpty();
    }

    @Test
    void unknownMemoryRefusesNothing() {
        assertThat(DeviceNeed.problem(gpus(0), Optional.empty(), 1, one(4, 4096)))
                .isEmpty();
        assertThat(DeviceNeed.problem(DeviceReport.none(), Optional.empty(), 1, one(4, 4096)))
                .isEmpty();
    }

    private static DeviceNeed one(int slots, int contextLength) {
        return new DeviceNeed(MODEL, 1, slots, contextLength, true);
    }

    private static DeviceReport gpus(long... totalBytes) {
        List<Device> devices = IntStream.range(0, totalBytes.length)
                .mapToObj(i -> new Device(
                        Vendor.NVIDIA, "GPU-" + i, "NVIDIA H100", totalBytes[i], 0, "9.0", "580", false, true, "nvml"))
                .toList();
        return new DeviceReport(
                true,
                devices,
                List.of(new ComputeDevice("CUDA0", "NVIDIA H100", "gpu", 80 * GIB, 80 * GIB)),
                Map.of(),
                List.of());
    }
}
