package io.quern.attacks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;

/**
 * A temporary folder that everybody may write, and an engine that has its sockets there because the path of its home is
 * too long for them. The folder is in /tmp, so that its own path is short.
 */
record SharedTemporary(Path folder, Path home) implements AutoCloseable {
    static SharedTemporary in(Target target, String name) throws IOException {
        Path folder = Files.createTempDirectory("q");
        Files.setAttribute(folder, "unix:mode", 01777);
        return new SharedTemporary(folder, target.newFolder(name).resolve("h".repeat(100)));
    }

    Map<String, String> environment() {
        return Map.of(
                "QUERN_HOME",
                home.toString(),
                "JAVA_TOOL_OPTIONS",
                Target.HEAP + " -XX:ActiveProcessorCount=2 -Djava.io.tmpdir=" + folder);
    }

    @Override
    public void close() throws IOException {
        try (var all = Files.walk(folder)) {
            for (Path one : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(one);
            }
        }
    }
}
