package io.quern.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CrashFilesTest {
    @TempDir
    Path home;

    @Test
    void theNewestStay() throws IOException {
        CrashFiles files = new CrashFiles(home.resolve("crashes"), 2);
        assertThat(files.options()).contains("-XX:ErrorFile=" + home.resolve("crashes/hs_err_pid%p.log"));
        IntStream.rangeClosed(1, 4).forEach(this::crash);
        Files.createFile(home.resolve("crashes/somebody-else"));
        assertThat(files.of(9)).isEmpty();
        assertThat(files.of(4)).contains(trace(4));
        assertThat(home.resolve("crashes").toFile().list())
                .containsExactlyInAnyOrder("hs_err_pid3.log", "hs_err_pid4.log", "somebody-else");
    }

    private void crash(int pid) {
        try {
            Files.setLastModifiedTime(Files.createFile(trace(pid)), FileTime.fromMillis(1_000_000L * pid));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private Path trace(int pid) {
        return home.resolve("crashes/hs_err_pid" + pid + ".log");
    }
}
