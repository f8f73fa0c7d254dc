package io.quern.jvm;

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
    void newestCrashReportsAreKept() throws IOException {
        CrashFiles files = new CrashFiles(home.resolve("crashes"), 2, false);
        assertThat(files.options()).contains("-XX:ErrorFile=" + home.resolve("crashes/hs_err_pid%p.log"));
        IntStream.rangeClosed(1, 4).forEach(this::crash);
        Files.createFile(home.resolve("crashes/somebody-else"));
        assertThat(files.of(9)).isEmpty();
        assertThat(files.of(4)).contains(new CrashTrace(trace(4), ""));
        assertThat(home.resolve("crashes").toFile().list())
                .containsExactlyInAnyOrder("hs_err_pid3.log", "hs_err_pid4.log", "somebody-else");
    }

    @Test
    void traceSaysSignalAndFunction() throws IOException {
        Path file = Files.writeString(home.resolve("hs_err_pid7.log"), """
            #
            # A fatal error has been detected by the Java Runtime Environment:
            #
            #  SIGSEGV (0xb) at pc=0x00007f21d4c2a11f, pid=7, tid=21
            #
            # JRE version: OpenJDK Runtime Environment (25.0.1+8)
            # Problematic frame:
            # C  [libllama.v0.5.0.so+0x12a11f]  llama_decode+0x1f
            #
            """);
        assertThat(CrashTrace.read(file).what())
                .isEqualTo("SIGSEGV (0xb) in C [libllama.v0.5.0.so+0x12a11f] llama_decode+0x1f");
        assertThat(CrashTrace.read(home.resolve("none")).what()).isEmpty();
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
