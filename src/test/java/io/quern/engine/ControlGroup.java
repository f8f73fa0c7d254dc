package io.quern.engine;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** A control group for a test, cgroup v1 or v2. Skips the test if it cannot create one. */
final class ControlGroup implements AutoCloseable {
    private static final Path ROOT = Path.of("/sys/fs/cgroup");

    private final Path folder;
    private final boolean unified;

    private ControlGroup(Path folder, boolean unified) {
        this.folder = folder;
        this.unified = unified;
    }

    static ControlGroup ofMemory() {
        return make("memory", "memory.limit_in_bytes", "memory.max");
    }

    static ControlGroup ofCpu() {
        return make("cpu", "cpu.cfs_quota_us", "cpu.max");
    }

    private static ControlGroup make(String controller, String first, String second) {
        String name = "quern-test-" + UUID.randomUUID();
        for (boolean unified : new boolean[] {false, true}) {
            Path folder = (unified ? ROOT : ROOT.resolve(controller)).resolve(name);
            try {
                Files.createDirectory(folder);
                if (Files.isWritable(folder.resolve(unified ? second : first))) {
                    return new ControlGroup(folder, unified);
                }
                Files.delete(folder);
            } catch (IOException e) {
                // not mounted, or not writable
            }
        }
        assumeTrue(false, "skipped: cannot create a control group for " + controller + " (this needs root)");
        throw new AssertionError();
    }

    /** Returns a prefix for a command that runs it in this group. */
    List<String> prefix() {
        return List.of("/bin/sh", "-c", "echo $$ > " + folder.resolve("cgroup.procs") + " && exec \"$@\"", "sh");
    }

    void limitMemory(long bytes) throws IOException {
        write(unified ? "memory.max" : "memory.limit_in_bytes", Long.toString(bytes));
    }

    void unlimitMemory() throws IOException {
        write(unified ? "memory.max" : "memory.limit_in_bytes", unified ? "max" : "-1");
    }

    void limitCpu(int micros) throws IOException {
        write(unified ? "cpu.max" : "cpu.cfs_quota_us", unified ? micros + " 100000" : Integer.toString(micros));
    }

    /** Returns the bytes that the kernel cannot reclaim without killing a process or slowing it down severely. */
    long held() throws IOException {
        Set<String> fields = unified
                ? Set.of("anon", "shmem", "file_mapped", "kernel")
                : Set.of("total_rss", "total_shmem", "total_mapped_file");
        return Files.readAllLines(folder.resolve("memory.stat")).stream()
                .map(line -> line.split(" "))
                .filter(field -> fields.contains(field[0]))
                .mapToLong(field -> Long.parseLong(field[1]))
                .sum();
    }

    private void write(String file, String value) throws IOException {
        Files.writeString(folder.resolve(file), value);
    }

    /** Deletes the group after the processes in it have ended. Does not end them. */
    @Override
    public void close() {
        await().ignoreExceptions().until(() -> {
            Files.delete(folder);
            return true;
        });
    }
}
