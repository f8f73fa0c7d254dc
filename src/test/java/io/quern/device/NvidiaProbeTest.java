package io.quern.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.quern.StartsProcesses;
import io.quern.engine.ProcessState;
import io.quern.process.ChildCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Runs real probe processes that load a substitute for NVIDIA's library, src/test/c/nvml.c. */
@EnabledOnOs(OS.LINUX)
@StartsProcesses
class NvidiaProbeTest {
    private static final Device A100 = new Device(
            Vendor.NVIDIA,
            "GPU-8932f937-d72c-4106-c12f-20bd9faed9f6",
            "NVIDIA A100-SXM4-80GB",
            85899345920L,
            85000000000L,
            "8.0",
            "570.86.15",
            true,
            true,
            "nvml");

    private static final Device L4 = new Device(
            Vendor.NVIDIA,
            "GPU-0f5bd45c-8a1b-4c6e-9d3f-6a7e2b1c0d9e",
            "NVIDIA L4",
            24152899584L,
            24000000000L,
            "8.9",
            "570.86.15",
            false,
            true,
            "nvml");

    @TempDir
    static Path built;

    @TempDir
    Path folder;

    @BeforeAll
    static void compile() throws Exception {
        compile("libnvidia-ml.so.1", List.of());
        compile("old.so", List.of("-DOLD_DRIVER"));
    }

    private static void compile(String library, List<String> options) throws Exception {
        List<String> command = new ArrayList<>(List.of("cc", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror"));
        command.addAll(options);
        command.addAll(List.of("-o", built.resolve(library).toString(), "src/test/c/nvml.c"));
        Process compiler = null;
        try {
            compiler = new ProcessBuilder(command).inheritIO().start();
        } catch (IOException e) {
            assumeTrue(false, "there is no C compiler");
        }
        assertThat(compiler.waitFor()).isZero();
    }

    @Test
    void libraryReportsEveryFieldOfEachGpu() {
        DeviceReport report = nvml().report();
        assertThat(report).isEqualTo(new DeviceReport(true, List.of(A100, L4), List.of(), Map.of(), List.of()));
    }

    @Test
    void migInstanceMakesItsGpuVisible() {
        DeviceReport report = nvml().set("CUDA_VISIBLE_DEVICES", "MIG-cba663e8").report();
        assertThat(report.devices()).containsExactly(A100, L4.hidden());
        assertThat(report.visibility()).isEqualTo(Map.of("CUDA_VISIBLE_DEVICES", "MIG-cba663e8"));
        assertThat(report.problems()).isEmpty();
    }

    @Test
    void differentGpusMayBeNumberedOtherwise() {
        DeviceReport report = nvml().set("CUDA_VISIBLE_DEVICES", "1").report();
        assertThat(report.devices()).containsExactly(A100.hidden(), L4);
        assertThat(report.problems()).singleElement().asString().contains("CUDA_DEVICE_ORDER");
    }

    @Test
    void lostGpuDoesNotHideOthers() {
        DeviceReport report = nvml().set("FAKE_NVML", "lost").report();
        assertThat(report.devices()).containsExactly(A100);
        assertThat(report.problems()).containsExactly("NVIDIA: GPU 1: nvmlDeviceGetHandleByIndex_v2: GPU is lost (15)");
    }

    @Test
    void missingAnswerDoesNotPreventOthers() {
        DeviceReport report = nvml().set("FAKE_NVML", "no-memory").report();
        assertThat(report.devices())
                .extracting(Device::name, Device::memoryTotalBytes, Device::computeCapability)
                .containsExactly(tuple("NVIDIA A100-SXM4-80GB", 85899345920L, "8.0"), tuple("NVIDIA L4", 0L, "8.9"));
        assertThat(report.problems()).containsExactly("NVIDIA: GPU 1: nvmlDeviceGetMemoryInfo: Not Supported (3)");
    }

    @Test
    void missingFunctionIsAProblemAndProbeContinues() {
        DeviceReport report = ProbeChild.on("nvidia")
                .with("--nvml=" + built.resolve("old.so"))
                .report();
        assertThat(report.devices()).extracting(Device::mig).containsExactly(false, false);
        assertThat(report.problems())
                .hasSize(2)
                .allMatch(problem ->
                        problem.contains("nvmlDeviceGetMigMode: this driver's library has no such function"));
    }

    @Test
    void withoutDriverAndNodesThereIsNoProblem() {
        ProbeChild child = ProbeChild.on("cpu-only").with("--nvml=" + library()).set("FAKE_NVML", "no-driver");
        assertThat(child.report()).isEqualTo(DeviceReport.none());
    }

    @Test
    void wslUsesLibraryFromWindows() throws IOException {
        Path lib = Files.createDirectories(folder.resolve("usr/lib/wsl/lib"));
        Files.copy(library(), lib.resolve("libnvidia-ml.so.1"));
        Files.createFile(Files.createDirectories(folder.resolve("dev")).resolve("dxg"));
        DeviceReport report = ProbeChild.on(folder).findingThemItself().report();
        assertThat(report.devices()).containsExactly(A100, L4);
    }

    @Test
    void mismatchedLibraryFallsBackToTool() throws IOException {
        DeviceReport report = mismatch().with("--nvidia-smi=" + tool("""
            echo 'GPU-8932f937-d72c-4106-c12f-20bd9faed9f6, NVIDIA A100-SXM4-80GB, 81920, 81000, 8.0, 570.86.15, Enabled'
            echo 'GPU-0f5bd45c-8a1b-4c6e-9d3f-6a7e2b1c0d9e, NVIDIA L4, 23034, 22000, 8.9, 570.86.15, [N/A]'
            """)).report();
        assertThat(report.devices())
                .containsExactly(
                        new Device(
                                Vendor.NVIDIA,
                                A100.id(),
                                A100.name(),
                                81920L << 20,
                                81000L << 20,
                                "8.0",
                                "570.86.15",
                                true,
                                true,
                                "nvidia-smi"),
                        new Device(
                                Vendor.NVIDIA,
                                L4.id(),
                                L4.name(),
                                23034L << 20,
                                22000L << 20,
                                "8.9",
                                "570.86.15",
                                false,
                                true,
                                "nvidia-smi"));
        assertThat(report.problems()).containsExactly("NVIDIA: nvmlInit_v2: Driver/library version mismatch (18)");
    }

    @Test
    void failingToolFallsBackToNodes() throws IOException {
        DeviceReport report = mismatch().with("--nvidia-smi=" + tool("""
            echo 'Failed to initialize NVML: Driver/library version mismatch'
            exit 18
            """)).report();
        assertThat(report.devices())
                .extracting(Device::id, Device::source)
                .containsExactly(tuple("/dev/nvidia0", "device-node"), tuple("/dev/nvidia1", "device-node"));
        assertThat(report.problems())
                .containsExactly(
                        "NVIDIA: nvmlInit_v2: Driver/library version mismatch (18)",
                        "NVIDIA: nvidia-smi: ended with exit code 18:"
                                + " Failed to initialize NVML: Driver/library version mismatch");
    }

    @Test
    void hangingToolIsKilledAndNodesRemain() throws IOException {
        DeviceReport report =
                mismatch().with("--nvidia-smi=" + tool("exec sleep 1000")).report();
        assertThat(report.probed()).isTrue();
        assertThat(report.devices()).extracting(Device::source).containsOnly("device-node");
        assertThat(report.problems()).last().asString().contains("nvidia-smi: did not answer within 4 s");
    }

    @Test
    void outputOfLibraryDoesNotSpoilReport() {
        assertThat(nvml().set("FAKE_NVML", "noise").report().devices()).containsExactly(A100, L4);
    }

    @Test
    void crashReportsNodesAndCrashedFunction() {
        DeviceReport report = nvml().set("FAKE_NVML", "crash")
                .set("CUDA_VISIBLE_DEVICES", "0")
                .report();
        assertThat(report.probed()).isFalse();
        assertThat(report.devices())
                .extracting(Device::vendor, Device::id, Device::source)
                .containsExactly(
                        tuple(Vendor.NVIDIA, node("nvidia0"), "device-node"),
                        tuple(Vendor.NVIDIA, node("nvidia1"), "device-node"));
        assertThat(report.visibility()).isEqualTo(Map.of("CUDA_VISIBLE_DEVICES", "0"));
        assertThat(report.problems())
                .singleElement()
                .asString()
                .startsWith("the device probe crashed with SIGSEGV in C  [libnvidia-ml.so.1+0x")
                .contains("nvmlInit_v2");
        assertThat(Path.of("").toAbsolutePath().toFile().list((f, name) -> name.startsWith("hs_err")))
                .isEmpty();
    }

    @Test
    void deathBySignalIsReported() {
        DeviceReport report = nvml().set("FAKE_NVML", "killed").report();
        assertThat(report.problems())
                .containsExactly("the device probe ended with signal 9 (KILL);"
                        + " only the device nodes of accelerators are known");
    }

    @Test
    void hangingProbeIsKilledAtDeadline() {
        Duration deadline = Duration.ofMillis(2500);
        long before = System.nanoTime();
        DeviceReport report = nvml().set("FAKE_NVML", "hang").report(deadline);
        Duration taken = Duration.ofNanos(System.nanoTime() - before);
        assertThat(report.probed()).isFalse();
        assertThat(report.devices()).hasSize(2);
        assertThat(report.problems())
                .containsExactly("the device probe did not answer within 2500 ms;"
                        + " only the device nodes of accelerators are known");
        assertThat(taken).isGreaterThanOrEqualTo(deadline);
        Awaitility.await().until(() -> ProcessHandle.current()
                .descendants()
                .noneMatch(child ->
                        child.info().commandLine().orElse("").contains(library().toString())));
    }

    @Test
    void hangingProbeEndsWithItsParent() throws Exception {
        ChildCommand probe = nvml().set("FAKE_NVML", "hang").command();
        List<String> command = new ArrayList<>(List.of("/bin/sh", "-c", "\"$@\" --parent=$$ & echo $!; wait", "sh"));
        command.addAll(probe.command().stream()
                .filter(argument -> !argument.startsWith("--parent="))
                .toList());
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().putAll(probe.environment());
        Process parent = builder.start();
        ProcessHandle child = ProcessHandle.of(
                        Long.parseLong(parent.inputReader().readLine()))
                .orElseThrow();
        Awaitility.await().until(() -> Files.readString(Path.of("/proc", Long.toString(child.pid()), "maps"))
                .contains(library().toString()));
        assertThat(ProcessState.running(child.pid())).isTrue();
        parent.destroyForcibly();
        Awaitility.await().until(() -> !ProcessState.running(child.pid()));
    }

    private static ProbeChild nvml() {
        return ProbeChild.on("nvidia").with("--nvml=" + library());
    }

    private static ProbeChild mismatch() {
        return nvml().set("FAKE_NVML", "mismatch");
    }

    private static Path library() {
        return built.resolve("libnvidia-ml.so.1");
    }

    private static String node(String name) {
        return ProbeChild.machine("nvidia").resolve("dev").resolve(name).toString();
    }

    /** Creates a shell script that only answers the probe's question. */
    private Path tool(String answer) throws IOException {
        Path script = folder.resolve("nvidia-smi");
        Files.writeString(script, """
            #!/bin/sh
            fields=uuid,name,memory.total,memory.free,compute_cap,driver_version,mig.mode.current
            [ "$*" = "--query-gpu=$fields --format=csv,noheader,nounits" ] || exit 2
            """ + answer);
        return Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
    }
}
