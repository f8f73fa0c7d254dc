package io.quern.attacks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The working directory contains a library with the name of one that llama.cpp needs. */
final class PlantedLibrary implements Attack {
    private static final String NAME = "libstdc++.so.6";

    @Override
    public String name() {
        return "planted-library";
    }

    @Override
    public String tries() {
        return "A foreign " + NAME + " is in the engine's working directory."
                + " No engine, launcher or worker should load it.";
    }

    @Override
    public Finding run(Target target) throws Exception {
        Path real = null;
        for (ProcessHandle process : target.shared().processes()) {
            for (String line : maps(process)) {
                if (line.endsWith("/" + NAME) || line.contains("/libstdc++.so.6.")) {
                    real = Path.of(line.substring(line.indexOf('/')));
                }
            }
        }
        if (real == null) {
            return new Finding.Skipped("no process loads a " + NAME);
        }
        Path folder = target.newFolder(name());
        // A copy of the real one: a process that loads it goes on, and its maps show it.
        Path planted = Files.copy(real, folder.resolve(NAME));
        List<String> found = new ArrayList<>();
        for (String method : List.of("spawn", "forkserver")) {
            try (Victim victim = target.launch(
                    List.of("sh", "-c", "cd \"$0\" && exec \"$@\"", folder.toString()),
                    Map.of("QUERN_WORKER_START_METHOD", method))) {
                victim.awaitReady();
                for (ProcessHandle process : victim.processes()) {
                    if (maps(process).stream().anyMatch(line -> line.endsWith(planted.toString()))) {
                        String name = Files.readString(Path.of("/proc/" + process.pid() + "/comm"))
                                .strip();
                        found.add(method + ": " + name);
                    }
                }
            }
        }
        return Finding.of(found.isEmpty(), found.isEmpty() ? "no process has loaded it" : "loaded by " + found);
    }

    private static List<String> maps(ProcessHandle process) {
        try {
            return Files.readAllLines(Path.of("/proc/" + process.pid() + "/maps"));
        } catch (IOException e) {
            return List.of();
        }
    }
}
