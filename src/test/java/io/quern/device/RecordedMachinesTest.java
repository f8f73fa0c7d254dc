package io.quern.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.quern.StartsProcesses;
import io.quern.llama.TestNatives;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Runs real probe processes on the trees in src/test/resources/devices. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the recorded machines run Linux")
@StartsProcesses
class RecordedMachinesTest {
    @TempDir
    Path folder;

    @Test
    void machineWithoutAcceleratorsHasNoProblem() {
        assertThat(ProbeChild.on("cpu-only").report()).isEqualTo(DeviceReport.none());
    }

    @Test
    void amdGpusComeFromComputeDriverTopology() {
        DeviceReport report = ProbeChild.on("amd-mi250").report();
        assertThat(report.problems()).isEmpty();
        assertThat(report.probed()).isTrue();
        assertThat(report.devices())
                .containsExactly(
                        new Device(
                                Vendor.AMD,
                                "GPU-9e3779b97f4a7c15",
                                "AMD INSTINCT MI250 (MCM) OAM AC MBA",
                                68702699520L,
                                68702699520L - 11038720L,
                                "gfx90a",
                                "6.8.5",
                                false,
                                true,
                                "kfd"),
                        new Device(
                                Vendor.AMD,
                                "GPU-123456789abcdef0",
                                "aldebaran",
                                68702699520L,
                                68702699520L - 11038720L,
                                "gfx90a",
                                "6.8.5",
                                false,
                                true,
                                "kfd"));
    }

    @Test
    void amdGpuWithoutDeviceNodeIsNotCounted() throws IOException {
        Path root = copy("amd-mi250");
        Files.delete(root.resolve("dev/dri/renderD128"));
        DeviceReport report =
                ProbeChild.on(root).set("ROCR_VISIBLE_DEVICES", "0").report();
        assertThat(report.devices()).extracting(Device::visible).containsExactly(false, true);
        assertThat(report.problems()).singleElement().asString().contains("no device node for 1 of the GPUs");
    }

    @Test
    void visibilityVariablesAreAppliedAndReported() {
        DeviceReport report = ProbeChild.on("amd-mi250")
                .set("ROCR_VISIBLE_DEVICES", "1")
                .set("HIP_VISIBLE_DEVICES", "0,4")
                .report();
        assertThat(report.devices()).extracting(Device::visible).containsExactly(false, true);
        assertThat(report.of(Vendor.AMD)).hasValue(report.devices().getLast());
        assertThat(report.visibility()).isEqualTo(Map.of("ROCR_VISIBLE_DEVICES", "1", "HIP_VISIBLE_DEVICES", "0,4"));
        assertThat(report.problems()).singleElement().asString().contains("HIP_VISIBLE_DEVICES: '4' names no device");
    }

    @Test
    void discreteIntelGpusAreReported() {
        assertThat(ProbeChild.on("intel-arc").report().devices())
                .extracting(Device::vendor, Device::id, Device::name, Device::source)
                .containsExactly(
                        tuple(Vendor.XPU, "0000:03:00.0", "Intel Arc A770", "drm"),
                        tuple(Vendor.XPU, "0000:07:00.0", "Intel Arc B580", "drm"));
    }

    @Test
    void affinityMaskNumbersIntelGpus() {
        DeviceReport report =
                ProbeChild.on("intel-max").set("ZE_AFFINITY_MASK", "1.0").report();
        assertThat(report.devices())
                .extracting(Device::name, Device::visible)
                .containsExactly(
                        tuple("Intel Data Center GPU Max 1550", false), tuple("Intel Data Center GPU Max 1550", true));
    }

    @Test
    void gaudisAreDistinguishedFromOtherAccelerators() {
        DeviceReport report =
                ProbeChild.on("gaudi2").set("HABANA_VISIBLE_MODULES", "3").report();
        assertThat(report.problems()).isEmpty();
        assertThat(report.devices())
                .containsExactly(
                        new Device(Vendor.GAUDI, "0000:19:00.0", "GAUDI2", 0, 0, "", "1.17.0", false, true, "accel"),
                        new Device(Vendor.GAUDI, "0000:b3:00.0", "GAUDI2", 0, 0, "", "1.17.0", false, false, "accel"));
    }

    @Test
    void olderGaudiDriversAreFoundByNodes() {
        assertThat(ProbeChild.on("gaudi-old-driver").report().devices())
                .extracting(Device::vendor, Device::id)
                .containsExactly(tuple(Vendor.GAUDI, "/dev/hl0"), tuple(Vendor.GAUDI, "/dev/hl1"));
    }

    @Test
    void wslWithoutNvidiaLibraryHasNoProblem() {
        assertThat(ProbeChild.on("wsl").report()).isEqualTo(DeviceReport.none());
    }

    @Test
    void nvidiaDeviceNodesAreLastResort() {
        DeviceReport report = ProbeChild.on("nvidia").report();
        assertThat(report.probed()).isTrue();
        assertThat(report.devices())
                .containsExactly(
                        new Device(
                                Vendor.NVIDIA, "/dev/nvidia0", "", 0, 0, "", "570.86.15", false, true, "device-node"),
                        new Device(
                                Vendor.NVIDIA, "/dev/nvidia1", "", 0, 0, "", "570.86.15", false, true, "device-node"));
        assertThat(report.problems()).hasSize(2).anyMatch(problem -> problem.endsWith("no-nvml cannot be opened"));
    }

    @Test
    void llamaCppReportsAtLeastTheProcessor() {
        DeviceReport report = ProbeChild.on("cpu-only")
                .with("--llama=" + TestNatives.folder())
                .report();
        assertThat(report.problems()).isEmpty();
        assertThat(report.computeDevices()).anySatisfy(device -> {
            assertThat(device.name()).isEqualTo("CPU");
            assertThat(device.type()).isEqualTo("cpu");
            assertThat(device.description()).isNotBlank();
            assertThat(device.memoryTotalBytes()).isGreaterThan(1L << 28);
        });
    }

    @Test
    void missingLlamaLibrariesAreAProblem() {
        DeviceReport report =
                ProbeChild.on("amd-mi250").with("--llama=" + folder).report();
        assertThat(report.probed()).isTrue();
        assertThat(report.devices()).hasSize(2);
        assertThat(report.problems()).singleElement().asString().contains("llama.cpp", "no libggml-base in " + folder);
    }

    private Path copy(String machine) throws IOException {
        Path from = ProbeChild.machine(machine);
        try (Stream<Path> all = Files.walk(from)) {
            all.forEach(file -> {
                try {
                    Files.copy(
                            file,
                            folder.resolve("copy").resolve(from.relativize(file).toString()));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
        return folder.resolve("copy");
    }
}
