package io.quern.attacks;

import io.quern.bench.Service;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** A program of the same size replaces the launcher in a home that another user has made. */
final class PlantedLauncher implements Attack {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @Override
    public String name() {
        return "planted-launcher";
    }

    @Override
    public String tries() {
        return "Another user puts a program of the launcher's size into a home."
                + " It should never be executed, not even after root takes the home over.";
    }

    @Override
    public boolean needsRoot() {
        return true;
    }

    @Override
    public Finding run(Target target) throws Exception {
        Path real = target.shared().processes().stream()
                .flatMap(process -> process.info().command().stream())
                .filter(command -> command.endsWith("/quern-launcher"))
                .map(Path::of)
                .findFirst()
                .orElse(null);
        if (real == null) {
            return new Finding.Skipped("this application has no launcher");
        }
        Path open = target.newFolder(name());
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path home = open.resolve("home");
        Path mark = open.resolve("executed");
        Path planted = home.resolve("unpacked")
                .resolve(real.getParent().getFileName().toString())
                .resolve(real.getFileName().toString());
        Files.createDirectories(planted.getParent());
        byte[] program =
                Arrays.copyOf(("#!/bin/sh\nid -un > " + mark + "\nexit 1\n#").getBytes(), (int) Files.size(real));
        Files.write(planted, program);
        Files.setPosixFilePermissions(planted, PosixFilePermissions.fromString("rwx------"));
        Nobody.own(home);

        String asNobodys = boot(target, home, mark);
        // An administrator might do this after reading that the home belongs to another user.
        Nobody.give(home, 0);
        String asRoots = boot(target, home, mark);
        return Finding.of(!Files.exists(mark), "in nobody's home: %s; after chown to root: %s", asNobodys, asRoots);
    }

    /** Runs the engine until it is ready, has refused the home, or has executed the program. */
    private static String boot(Target target, Path home, Path mark) throws IOException {
        try (Victim victim = target.launch(
                List.of(), Map.of("QUERN_HOME", home.toString(), "QUERN_WORKER_START_METHOD", "forkserver"))) {
            long begin = System.nanoTime();
            while (System.nanoTime() - begin < LIMIT.toNanos()) {
                if (Files.exists(mark) && Files.size(mark) > 0) {
                    return "executed as " + Files.readString(mark).strip();
                }
                if (!victim.process().isAlive()) {
                    return "the engine refuses it";
                }
                if (victim.log().contains(" ready after")) {
                    return "replaced by the real one";
                }
                Service.pause(Duration.ofMillis(20));
            }
            throw new IOException("the engine is neither ready nor has it ended: " + victim.log());
        }
    }
}
