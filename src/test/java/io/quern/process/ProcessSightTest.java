package io.quern.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.quern.StartsProcesses;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@StartsProcesses
class ProcessSightTest {
    private static final String REST = " 1 2 3 4 5 6 7 8 9 10 70 30 0 0 20 0 1 0 100 8192 200";

    @TempDir
    Path folder;

    @Test
    void stateAndTimesAreReadBehindAnyName() throws IOException {
        assertThat(look("12 (a) T 1 (b) S" + REST)).contains(new ProcessSight.Look(false, 0));
        assertThat(look("12 (java) T" + REST)).contains(new ProcessSight.Look(true, 100));
    }

    @Test
    void processInADebuggerIsNotStopped() throws IOException {
        assertThat(look("12 (java) t" + REST)).contains(new ProcessSight.Look(false, 0));
    }

    @Test
    void textOfAnotherFormShowsNothing() throws IOException {
        assertThat(look("")).isEmpty();
        assertThat(look("12 (java) T 1 2")).isEmpty();
        assertThat(look("T")).isEmpty();
        assertThat(ProcessSight.of(folder.resolve("none"))).isEmpty();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void stoppedProcessIsSeenUntilItContinuesAndEnds() throws Exception {
        Path program = Files.copy(
                Path.of("/bin/sleep").toRealPath(), folder.resolve("a) T (b"), StandardCopyOption.COPY_ATTRIBUTES);
        Process process = new ProcessBuilder(program.toString(), "1000").start();
        try (ProcessSight sight = ProcessSight.of(process.pid()).orElseThrow()) {
            assertThat(stopped(sight)).contains(false);
            signal(process, "STOP");
            await().until(() -> stopped(sight).orElseThrow());
            signal(process, "CONT");
            await().until(() -> !stopped(sight).orElseThrow());
            process.destroyForcibly().waitFor();
            await().until(() -> sight.look().isEmpty());
        } finally {
            process.destroyForcibly();
        }
    }

    private Optional<ProcessSight.Look> look(String stat) throws IOException {
        try (ProcessSight sight = ProcessSight.of(Files.writeString(folder.resolve("stat"), stat + "\n"))
                .orElseThrow()) {
            return sight.look();
        }
    }

    private static Optional<Boolean> stopped(ProcessSight sight) {
        return sight.look().map(ProcessSight.Look::stopped);
    }

    private static void signal(Process process, String name) throws Exception {
        assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                        .start()
                        .waitFor())
                .isZero();
    }
}
