package io.quern.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.quern.StartsProcesses;
import io.quern.process.ChildCommand;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Tests how the engine handles misbehaving probes, with shell scripts in place of the probe. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the children of these tests are shell scripts")
@StartsProcesses
class DeviceProbeTest {
    private static final String REPORT =
            "{\"probed\":true,\"devices\":[],\"computeDevices\":[],\"visibility\":{},\"problems\":[\"a problem\"]}";

    private static final String NODES_ONLY = "; only the device nodes of accelerators are known";

    @TempDir
    Path folder;

    @Test
    void reportIsRead() {
        assertThat(run("echo '" + REPORT + "'").problems()).containsExactly("a problem");
    }

    @Test
    void lastLineIsTheReport() {
        assertThat(run("echo 'a driver says hello'; echo log >&2; echo '" + REPORT + "'")
                        .problems())
                .containsExactly("a problem");
    }

    @Test
    void exitCodeIsReportedWithLastLine() {
        assertThat(problem("echo '" + REPORT + "'; echo one >&2; echo 'out of luck' >&2; exit 3"))
                .isEqualTo("the device probe ended with exit code 3: out of luck" + NODES_ONLY);
    }

    @Test
    void garbageIsQuoted() {
        assertThat(problem("printf 'hello\\033[1m world'"))
                .isEqualTo("the device probe printed something that is not a report: hello?[1m world" + NODES_ONLY);
    }

    @Test
    void malformedReportIsRefused() {
        for (String nearly : List.of(
                "{}",
                "null",
                "[]",
                REPORT + "x",
                REPORT.replace("\"problems\"", "\"worries\""),
                REPORT.replace("\"devices\":[]", "\"devices\":null"),
                REPORT.replace("\"devices\":[]", "\"devices\":[null]"),
                REPORT.replace("\"devices\":[]", "\"devices\":[{\"vendor\":\"nvidia\"}]"))) {
            assertThat(problem("cat <<'END'\n" + nearly + "\nEND"))
                    .as(nearly)
                    .contains("printed something that is not a report: " + nearly.substring(0, 2));
        }
    }

    @Test
    void emptyOutputIsNotAReport() {
        assertThat(problem("exit 0")).isEqualTo("the device probe printed nothing" + NODES_ONLY);
    }

    @Test
    void tooMuchOutputEndsTheProbe() {
        assertThat(problem("exec cat /dev/zero"))
                .isEqualTo(
                        "the device probe wrote more than 1048576 bytes, so its output is not a report" + NODES_ONLY);
    }

    @Test
    void hangingProbeIsKilledWithItsChildren() {
        String mark = "1000.0" + System.nanoTime();
        DeviceReport report = run("sleep " + mark + " & echo '" + REPORT + "'; wait", Duration.ofMillis(700));
        assertThat(report.problems()).containsExactly("the device probe did not answer within 700 ms" + NODES_ONLY);
        assertThat(ProcessHandle.allProcesses())
                .noneMatch(process -> process.info().commandLine().orElse("").contains(mark));
    }

    @Test
    void missingProgramIsReported() {
        ChildCommand command =
                new ChildCommand("probe", List.of("/nonexistent/java"), Map.of(), Set.of(), null, line -> {});
        assertThat(probe().run(command, ProbeChild.PATIENCE).problems())
                .singleElement()
                .asString()
                .contains("could not be started", "/nonexistent/java");
    }

    @Test
    void interruptedCallerGetsReportAndStaysInterrupted() {
        Thread.currentThread().interrupt();
        assertThat(problem("sleep 1000")).startsWith("the device probe was interrupted");
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void failedProbeReportsDeviceNodes() throws Exception {
        for (String vendor : List.of(
                "drm/renderD128:0x1002", "drm/renderD129:0x8086", "accel/accel0:0x1da3", "accel/accel1:0x8086")) {
            Path device = Files.createDirectories(
                    folder.resolve("sys/class").resolve(vendor.split(":")[0]).resolve("device"));
            Files.writeString(device.resolve("vendor"), vendor.split(":")[1] + "\n");
        }
        List<String> nodes = List.of(
                "/dev/nvidia0",
                "/dev/kfd",
                "/dev/dxg",
                "/dev/hl0",
                "/dev/dri/renderD128",
                "/dev/dri/renderD129",
                "/dev/dri/renderD130",
                "/dev/accel/accel0",
                "/dev/accel/accel1");
        DeviceReport report = new DeviceProbe(host(nodes), folder, Map.of("CUDA_VISIBLE_DEVICES", "", "HOME", "/"))
                .run(script("exit 1"), ProbeChild.PATIENCE);
        assertThat(report.probed()).isFalse();
        assertThat(report.devices())
                .extracting(device -> device.vendor() + " " + device.id())
                .containsExactly(
                        "nvidia /dev/nvidia0",
                        "amd /dev/kfd",
                        "gaudi /dev/hl0",
                        "xpu /dev/dri/renderD129",
                        "gaudi /dev/accel/accel0");
        assertThat(report.devices()).allMatch(device -> device.source().equals("device-node") && device.visible());
        assertThat(report.visibility()).isEqualTo(Map.of("CUDA_VISIBLE_DEVICES", ""));
    }

    @Test
    void autoProbesOnlyIfThereIsANode() {
        Supplier<ChildCommand> never = () -> {
            throw new AssertionError("must not be composed");
        };
        assertThat(probe(List.of()).report(config(ProbeMode.AUTO), never)).isEqualTo(DeviceReport.none());
        assertThat(probe().report(config(ProbeMode.AUTO), () -> script("echo '" + REPORT + "'"))
                        .problems())
                .containsExactly("a problem");
    }

    @Test
    void alwaysProbesAndNeverDoesNot() {
        assertThat(probe(List.of())
                        .report(config(ProbeMode.ALWAYS), () -> script("echo '" + REPORT + "'"))
                        .problems())
                .containsExactly("a problem");
        DeviceReport report = probe().report(config(ProbeMode.NEVER), () -> script("echo '" + REPORT + "'"));
        assertThat(report.probed()).isFalse();
        assertThat(report.problems()).isEmpty();
        assertThat(report.devices()).extracting(Device::vendor).containsExactly(Vendor.NVIDIA);
    }

    @Test
    void failureToComposeCommandIsReported() {
        assertThat(probe().report(config(ProbeMode.AUTO), () -> {
                            throw new IllegalStateException("no classes");
                        })
                        .problems())
                .containsExactly("the device probe could not be started: no classes" + NODES_ONLY);
    }

    @Test
    void invalidTimeoutIsRefused() {
        DeviceConfig config = config(ProbeMode.AUTO, Duration.ZERO);
        assertThatThrownBy(() -> DeviceProbe.report(config, host(List.of()), () -> script("exit 0")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("quern.device.probe-timeout");
    }

    private String problem(String script) {
        DeviceReport report = run(script);
        assertThat(report.probed()).isFalse();
        assertThat(report.devices()).extracting(Device::source).containsExactly("device-node");
        return String.join(" / ", report.problems());
    }

    private DeviceReport run(String script) {
        return run(script, ProbeChild.PATIENCE);
    }

    private DeviceReport run(String script, Duration deadline) {
        return probe().run(script(script), deadline);
    }

    private DeviceProbe probe() {
        return probe(List.of("/dev/nvidia0"));
    }

    private DeviceProbe probe(List<String> nodes) {
        return new DeviceProbe(host(nodes), folder, Map.of());
    }

    private static HostFacts host(List<String> nodes) {
        return new HostFacts("linux", "amd64", "glibc", 2, 1L << 30, List.of(0), false, "", nodes, 2, false, false);
    }

    private static ChildCommand script(String script) {
        return new ChildCommand("probe", List.of("/bin/sh", "-c", script), Map.of(), Set.of(), null, line -> {});
    }

    private static DeviceConfig config(ProbeMode mode) {
        return config(mode, ProbeChild.PATIENCE);
    }

    private static DeviceConfig config(ProbeMode mode, Duration timeout) {
        return new DeviceConfig() {
            @Override
            public ProbeMode probe() {
                return mode;
            }

            @Override
            public Duration probeTimeout() {
                return timeout;
            }
        };
    }
}
