package io.quern.attacks;

import io.quern.bench.Service;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Looks for files that another user can read, after a crash: a trace of a worker contains parts of its memory. */
final class ReadableTraces implements Attack {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @Override
    public String name() {
        return "readable-traces";
    }

    @Override
    public String tries() {
        return "Another user searches the home after a worker has crashed. No file should be readable.";
    }

    @Override
    public boolean needsRoot() {
        return true;
    }

    @Override
    public Finding run(Target target) throws Exception {
        Path open = target.newFolder(name());
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-xr-x"));
        // With the permissions that an administrator would give it.
        Path home = Files.createDirectory(
                open.resolve("home"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        try (Victim victim =
                target.start(Map.of("QUERN_HOME", home.toString(), "QUERN_WORKER_START_METHOD", "spawn"))) {
            ProcessHandle worker = victim.processes().stream()
                    .filter(process -> process.pid() != victim.pid())
                    .filter(process -> command(process).contains("--worker="))
                    .findFirst()
                    .orElseThrow();
            Path crashes = home.resolve("crashes");
            new ProcessBuilder("kill", "-SEGV", Long.toString(worker.pid()))
                    .start()
                    .waitFor();
            long begin = System.nanoTime();
            while (names(crashes).isEmpty() && System.nanoTime() - begin < LIMIT.toNanos()) {
                Service.pause(Duration.ofMillis(20));
            }
            if (names(crashes).isEmpty()) {
                throw new IOException("the worker has left no trace in " + crashes);
            }
            Nobody.script("ls \"$1\" > /dev/null", home);
            List<String> seen = Nobody.run("find", home.toString(), "-mindepth", "2", "-type", "f", "-readable")
                    .lines()
                    .map(file -> home.relativize(Path.of(file)).toString())
                    .toList();
            return Finding.of(
                    seen.isEmpty(),
                    seen.isEmpty() ? "no file can be read" : "%d files can be read, such as %s",
                    seen.size(),
                    seen.stream()
                            .filter(one -> one.startsWith("crashes"))
                            .findFirst()
                            .orElse("no trace"));
        }
    }

    private static List<Path> names(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (var files = Files.list(folder)) {
            return files.toList();
        }
    }

    private static String command(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc/" + process.pid() + "/cmdline"));
        } catch (IOException e) {
            return "";
        }
    }
}
