package io.quern.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ThreadLimitTest {
    @TempDir
    Path root;

    @BeforeEach
    void machine() throws IOException {
        write("proc/self/status", "Name:\tjava\nUid:\t1000\t1000\t1000\t1000\n");
        write("proc/self/limits", """
            Limit                     Soft Limit           Hard Limit           Units
            Max processes             30                   4096                 processes
            """);
        write("proc/self/cgroup", "0::/app\n");
        write("proc/self/mountinfo", "24 1 0:22 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
        write("sys/fs/cgroup/app/pids.max", "max\n");
    }

    @Test
    void userLimitIsNamed() {
        assertThat(ThreadLimit.describe(root))
                .isEqualTo("This user may create 30 threads and processes (ulimit -u). Raise the limit.");
    }

    @Test
    void rootIsBoundByTheControlGroupOnly() throws IOException {
        write("proc/self/status", "Name:\tjava\nUid:\t0\t0\t0\t0\n");
        write("sys/fs/cgroup/app/pids.max", "50\n");
        write("sys/fs/cgroup/app/pids.current", "50\n");
        assertThat(ThreadLimit.describe(root))
                .isEqualTo("The control group of this process allows 50 threads and processes, of which it uses 50 ("
                        + root.resolve("sys/fs/cgroup/app") + "/pids.max). Raise the limit.");
    }

    @Test
    void threadsLeftAreThoseOfTheTightestGroup() throws IOException {
        assertThat(ThreadLimit.left(root)).isEmpty();
        write("sys/fs/cgroup/pids.max", "1000\n");
        write("sys/fs/cgroup/pids.current", "990\n");
        write("sys/fs/cgroup/app/pids.max", "50\n");
        write("sys/fs/cgroup/app/pids.current", "30\n");
        assertThat(ThreadLimit.left(root)).hasValue(10);
    }

    @Test
    void withoutLimitTheMachineIsNamed() throws IOException {
        write("proc/self/limits", "Max processes             unlimited            unlimited            processes\n");
        assertThat(ThreadLimit.describe(root)).contains("kernel.threads-max");
    }

    @Test
    void messagesOfJvmAndKernelAreRecognised() {
        assertThat(ThreadLimit.reached("unable to create native thread: possibly out of memory"))
                .isTrue();
        assertThat(ThreadLimit.reached(
                        "Cannot run program \"java\": Exec failed, error: 11 (Resource temporarily unavailable)"))
                .isTrue();
        assertThat(ThreadLimit.reached("Java heap space")).isFalse();
        assertThat(ThreadLimit.reached(null)).isFalse();
    }

    private void write(String file, String content) throws IOException {
        Path path = root.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, content);
    }
}
