package io.quern.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.StartsProcesses;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checks that the argument {@code probe} runs the probe's main without Quarkus. */
@StartsProcesses
class ProbeArgumentTest {
    @TempDir
    Path emptyMachine;

    @Test
    void probeArgumentRunsTheProbe() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "--enable-native-access=ALL-UNNAMED",
                        "io.quern.cli.Main",
                        "probe",
                        "--root=" + emptyMachine,
                        "--nvml=" + emptyMachine.resolve("none"))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        assertThat(output.strip()).startsWith("{\"probed\":true,\"devices\":[]").doesNotContain("\n");
    }
}
