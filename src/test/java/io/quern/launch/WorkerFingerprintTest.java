package io.quern.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.StartsProcesses;
import io.quern.TestConfig;
import io.quern.TestSettings;
import io.quern.home.QuernHome;
import io.quern.jvm.WorkerBounds;
import io.quern.jvm.WorkerClassPath;
import io.quern.jvm.WorkerRuntime;
import io.quern.policy.StartMethod;
import io.quern.sandbox.Sandbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@StartsProcesses
class WorkerFingerprintTest {
    @TempDir
    Path folder;

    private Path model;
    private Path libraries;

    @BeforeEach
    void files() throws IOException {
        model = Files.writeString(folder.resolve("model"), "weights");
        libraries = Files.createDirectory(folder.resolve("libraries"));
        Files.writeString(libraries.resolve("libllama.so"), "code");
    }

    @Test
    void fingerprintIgnoresTheSocket() throws IOException {
        assertThat(print(StartMethod.SPAWN, Map.of(), spec(0, "a", 4)))
                .isEqualTo(print(StartMethod.SPAWN, Map.of(), spec(0, "b", 4)));
    }

    @Test
    void fingerprintChangesWithEverySettingOfWorkers() throws IOException {
        String before = print(StartMethod.SPAWN, Map.of(), spec(0, "a", 4));
        assertThat(print(StartMethod.FORKSERVER, Map.of(), spec(0, "a", 4))).isNotEqualTo(before);
        assertThat(print(StartMethod.SPAWN, Map.of(), spec(0, "a", 5))).isNotEqualTo(before);
        assertThat(print(StartMethod.SPAWN, Map.of(), spec(0, "a", 4), spec(1, "a", 4)))
                .isNotEqualTo(before);
        assertThat(print(StartMethod.SPAWN, Map.of("quern.worker.jvm-options", "-Xmx99m"), spec(0, "a", 4)))
                .isNotEqualTo(before);
        Files.setLastModifiedTime(model, FileTime.fromMillis(1));
        String touched = print(StartMethod.SPAWN, Map.of(), spec(0, "a", 4));
        assertThat(touched).isNotEqualTo(before);
        Files.writeString(libraries.resolve("libggml-cuda.so"), "more");
        assertThat(print(StartMethod.SPAWN, Map.of(), spec(0, "a", 4))).isNotEqualTo(touched);
    }

    /** Quern's classes are in a folder here, as during development. */
    @Test
    void fingerprintCoversOnlyTheWorkersCode() throws IOException {
        Path classes = folder.resolve("io/quern");
        for (String room : List.of("generation", "wire", "socket", "worker", "llama", "pool")) {
            Files.writeString(Files.createDirectories(classes.resolve(room)).resolve("Some.class"), "code");
        }
        String before = WorkerFingerprint.ofClasses(new WorkerClassPath(List.of(folder)));
        Files.writeString(classes.resolve("pool/Some.class"), "other");
        assertThat(WorkerFingerprint.ofClasses(new WorkerClassPath(List.of(folder))))
                .isEqualTo(before);
        Files.writeString(classes.resolve("worker/Some.class"), "other");
        assertThat(WorkerFingerprint.ofClasses(new WorkerClassPath(List.of(folder))))
                .isNotEqualTo(before);
    }

    private WorkerSpec spec(int id, String socket, int slots) {
        return new WorkerSpec(
                id,
                Path.of(socket),
                Optional.empty(),
                WorkerBounds.of(1, 256, 0, 0, 1 << 20, List.of()),
                TestSettings.of(model, libraries, slots).build());
    }

    private String print(StartMethod method, Map<String, String> configuration, WorkerSpec... specs)
            throws IOException {
        WorkerConfig config = TestConfig.of(WorkerConfig.class, configuration);
        QuernHome home = QuernHome.locate(Optional.of(Path.of("target/no-home")));
        Installation installation = new Installation(
                home, libraries, WorkerRuntime.find(Optional.empty(), home), Optional.empty(), Sandbox.none());
        return WorkerFingerprint.of(method, config, installation, List.of(specs));
    }
}
