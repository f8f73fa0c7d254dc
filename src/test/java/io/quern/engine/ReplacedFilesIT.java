package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.fasterxml.jackson.databind.JsonNode;
import io.quern.TestModels;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Overwrites the files of a running application ({@code cp -r newbuild/. app/}): nothing hangs, and it still ends on a
 * signal.
 */
class ReplacedFilesIT {
    private static final Path APPLICATION = Path.of("target/quarkus-app");

    /** Name of the thread that loads classes early; the kernel truncates names. */
    private static final String LATE_CLASSES_THREAD = "quern-late-classes".substring(0, 15);

    @TempDir
    static Path newBuild;

    @TempDir
    Path folder;

    private EngineProcess engine;

    @BeforeAll
    static void makeNewBuild() throws IOException {
        assumeFalse(PackagedEngine.isNative(), "skipped: a native executable is one file, which the kernel keeps");
        build(APPLICATION, newBuild);
    }

    private void start(String grace) throws IOException {
        Path application = folder.resolve("app");
        copy(APPLICATION, application);
        engine = EngineProcess.launch(
                List.of(),
                application,
                Map.of(
                        "QUERN_MODEL",
                        TestModels.demo().toString(),
                        "QUERN_HOME",
                        folder.resolve("home").toString(),
                        "QUERN_WORKER_AOT_CACHE",
                        "false",
                        "QUERN_WORKER_SLOTS",
                        "2",
                        "QUERN_WORKER_CONTEXT_LENGTH",
                        "16384",
                        "QUERN_SHUTDOWN_GRACE",
                        grace),
                true,
                List.of(),
                List.of());
        engine.awaitReady();
    }

    @AfterEach
    void stopEngine() {
        if (engine != null) {
            engine.close();
        }
    }

    @Test
    void replacedFilesLetStreamFinishAndSigtermEnd() throws Exception {
        start("2m");
        awaitLateClasses();
        try (EventStream stream = EventStream.open(engine, "/v1/chat/completions", chat(true, 3000))) {
            stream.next();
            replaceFiles();
            int before = engine.log().size();
            engine.process().toHandle().destroy();
            List<JsonNode> events = stream.rest();
            assertThat(stream.done()).isTrue();
            assertThat(events.getLast().at("/choices/0/finish_reason").asText()).isEqualTo("length");
            assertThat(engine.exitCode()).isZero();
            assertThat(engine.log().subList(before, engine.log().size()))
                    .as("src/scripts/record-late-classes must be run again")
                    .noneMatch(line -> line.contains("NoClassDefFoundError") || line.contains("by force"));
        }
    }

    @Test
    void firstRequestsAfterReplacementAreAnswered() throws Exception {
        start("2m");
        awaitLateClasses();
        replaceFiles();
        assertThat(engine.get("/q/health/live").statusCode()).isEqualTo(200);
        assertThat(engine.post("/v1/chat/completions", chat(false, 8)).statusCode())
                .isEqualTo(200);
        assertThat(engine.post("/v1/chat/completions", "{").statusCode()).isEqualTo(400);
        engine.process().toHandle().destroy();
        assertThat(engine.exitCode()).isZero();
    }

    /**
     * Overwrites the files at once, when only some classes are loaded. A request gets an answer or a closed connection,
     * and nothing hangs.
     */
    @Test
    void missingClassesNeverCauseAHang() throws Exception {
        // A request that cannot finish delays the end of the engine for this long.
        start("3s");
        replaceFiles();
        for (int i = 0; i < 3; i++) {
            HttpRequest request = engine.jsonPost("/v1/completions", "{\"prompt\": \"Once\", \"max_tokens\": 4}")
                    .timeout(Duration.ofSeconds(90))
                    .build();
            try {
                HttpResponse<String> answer = engine.http().send(request, HttpResponse.BodyHandlers.ofString());
                assertThat(answer.statusCode()).isIn(200, 500, 503);
                if (answer.statusCode() != 200) {
                    assertThat(EngineProcess.parse(answer).at("/error/type").asText())
                            .isEqualTo("server_error");
                }
            } catch (HttpTimeoutException e) {
                throw e;
            } catch (IOException e) {
                // The class that reads a body could not be loaded, so the connection was closed.
            }
        }
        engine.process().toHandle().destroy();
        assertThat(engine.exitCode()).isIn(0, 1);
    }

    /** Waits until the thread that loads classes early has ended. */
    private void awaitLateClasses() {
        Path threads = Path.of("/proc", Long.toString(engine.process().pid()), "task");
        await().during(Duration.ofSeconds(2)).atMost(Duration.ofSeconds(90)).until(() -> names(threads)
                .noneMatch(LATE_CLASSES_THREAD::equals));
    }

    private static Stream<String> names(Path threads) throws IOException {
        try (Stream<Path> all = Files.list(threads)) {
            return all.toList().stream().map(ReplacedFilesIT::name);
        }
    }

    private static String name(Path thread) {
        try {
            return Files.readString(thread.resolve("comm")).strip();
        } catch (IOException e) {
            return "gone";
        }
    }

    private static String chat(boolean stream, int tokens) {
        return """
                {"stream": %s, "temperature": 0, "ignore_eos": true, "max_tokens": %d,
                 "messages": [{"role": "user", "content": "Tell me a story."}]}""".formatted(stream, tokens);
    }

    /** Writes into the existing files, as cp does. */
    private void replaceFiles() throws IOException {
        copy(newBuild, folder.resolve("app"));
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path copy = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(copy);
                } else {
                    try (OutputStream out = Files.newOutputStream(copy)) {
                        Files.copy(file, out);
                    }
                }
            }
        }
    }

    /** Makes another build: each jar has the same content at other offsets. */
    private static void build(Path from, Path to) throws IOException {
        copy(from, to);
        byte[] other = new byte[777];
        new Random(1).nextBytes(other);
        try (Stream<Path> files = Files.walk(from)) {
            for (Path jar :
                    files.filter(file -> file.toString().endsWith(".jar")).toList()) {
                try (ZipFile in = new ZipFile(jar.toFile());
                        ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(
                                to.resolve(from.relativize(jar).toString())))) {
                    // Compressing compressed files again would take long and save nothing.
                    out.setLevel(Deflater.BEST_SPEED);
                    out.putNextEntry(new ZipEntry("new-build"));
                    out.write(other);
                    for (ZipEntry entry : Collections.list(in.entries())) {
                        out.putNextEntry(new ZipEntry(entry.getName()));
                        try (InputStream content = in.getInputStream(entry)) {
                            content.transferTo(out);
                        }
                    }
                }
            }
        }
    }
}
