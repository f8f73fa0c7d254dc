package io.quern.attacks;

import io.quern.bench.Service;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** A worker, the launcher and the engine crash on a system that allows core dumps. */
final class CoreDump implements Attack {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @Override
    public String name() {
        return "core-dump";
    }

    @Override
    public String tries() {
        return "A worker, the launcher and the engine crash with core dumps allowed (ulimit -c unlimited)."
                + " No file should contain their memory.";
    }

    @Override
    public Finding run(Target target) throws Exception {
        Path folder = target.newFolder("cores");
        String pattern =
                Files.readString(Path.of("/proc/sys/kernel/core_pattern")).strip();
        try (Victim victim = target.launch(
                List.of("sh", "-c", "cd \"$0\" && ulimit -c unlimited && exec \"$@\"", folder.toString()), Map.of())) {
            victim.awaitReady();
            List<ProcessHandle> processes = victim.processes();
            long limited = processes.stream()
                    .filter(process -> dumpsNothing(process.pid()))
                    .count();
            for (ProcessHandle process : processes.reversed()) {
                new ProcessBuilder("kill", "-ABRT", Long.toString(process.pid()))
                        .start()
                        .waitFor();
                long begin = System.nanoTime();
                while (process.isAlive() && System.nanoTime() - begin < PATIENCE.toNanos()) {
                    Service.pause(Duration.ofMillis(10));
                }
            }
            long files = cores(folder);
            return Finding.of(
                    limited == processes.size() && files == 0,
                    "core_pattern %s; %d of %d processes have core dumps disabled; %d files",
                    pattern,
                    limited,
                    processes.size(),
                    files);
        }
    }

    /**
     * Returns whether the kernel writes no core dump of the process, neither to a file nor to a pipe. That takes a
     * limit of 1 byte: with 0 it still writes to pipes.
     */
    private static boolean dumpsNothing(long pid) {
        try (Stream<String> lines = Files.lines(Path.of("/proc", Long.toString(pid), "limits"))) {
            Optional<String> limit =
                    lines.filter(line -> line.startsWith("Max core file size")).findFirst();
            return limit.map(line -> line.split(" {2,}")[1].equals("1")).orElse(true);
        } catch (java.io.IOException | java.io.UncheckedIOException e) {
            return true;
        }
    }

    private static long cores(Path folder) throws java.io.IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().startsWith("core"))
                    .count();
        }
    }
}
