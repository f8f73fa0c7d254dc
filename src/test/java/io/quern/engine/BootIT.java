package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.quern.TestModels;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIf;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Starts the engine with settings that cannot work: it prints one clear message and no stack trace. */
class BootIT {
    @TempDir
    Path folder;

    private EngineProcess engine;

    @AfterEach
    void stopEngine() {
        if (engine != null) {
            engine.close();
        }
    }

    @Test
    void missingModelIsNamed() {
        refuses(Map.of("QUERN_MODEL", "/no/such/model.gguf"), "/no/such/model.gguf");
    }

    @Test
    void emptyModelIsRefusedNamingItsVariable() {
        refuses(Map.of("QUERN_MODEL", ""), "quern.model is empty (environment variable QUERN_MODEL)");
    }

    @Test
    void unsetVariableInQuernSettingEndsBoot() {
        refuses(
                Map.of("QUERN_MODEL", "demo", "QUERN_WORKER_THREADS", "${NOT_SET}"),
                "quern.worker.threads refers to ${NOT_SET}, which is not set");
    }

    @Test
    void unsetVariableInQuarkusSettingEndsBoot() {
        refuses(
                Map.of("QUERN_MODEL", "demo", "QUARKUS_HTTP_SSL_CERTIFICATE_FILES", "${NOT_SET}"),
                "quarkus.http.ssl.certificate.files cannot be expanded",
                "NOT_SET");
    }

    @DisabledIf(value = "io.quern.engine.PackagedEngine#isNative", disabledReason = "decodes UTF-8 in every locale")
    @Test
    void modelNameUndecodableInLocaleIsRefused() {
        // In octal, because this JVM may be unable to pass such a variable on.
        String set = "export QUERN_MODEL=\"$(printf '/models/gr\\303\\266\\303\\237e.gguf')\"; exec \"$@\"";
        engine = EngineProcess.launch(
                List.of("sh", "-c", set, "sh"),
                Map.of("LC_ALL", "C", "QUERN_HOME", folder.resolve("home").toString()),
                true);
        engine.refuses("quern.model contains characters that cannot be decoded", "LC_ALL=C.UTF-8");
    }

    @DisabledIf(value = "io.quern.engine.PackagedEngine#isNative", disabledReason = "decodes UTF-8 in every locale")
    @Test
    void workingDirectoryUndecodableInLocaleIsRefused() {
        String enter = "cd \"$0\" && mkdir -p \"$(printf 'gr\\303\\266')\" && cd gr* && exec \"$@\"";
        engine = EngineProcess.launch(
                List.of("sh", "-c", enter, folder.toString()),
                Map.of("LC_ALL", "C", "QUERN_HOME", folder.resolve("home").toString()),
                true);
        engine.refuses("cannot be decoded", "LC_ALL=C.UTF-8");
    }

    @EnabledIf("io.quern.engine.PackagedEngine#isNative")
    @Test
    void nativeExecutableDecodesUtf8InEveryLocale() throws IOException {
        String enter = "cd \"$0\" && mkdir -p \"$(printf 'gr\\303\\266')\" && cd gr* && exec \"$@\"";
        engine = EngineProcess.launch(
                List.of("sh", "-c", enter, folder.toString()),
                Map.of("LC_ALL", "C", "QUERN_HOME", folder.resolve("home").toString()),
                true);
        engine.awaitReady();
    }

    @Test
    void pictureAsModelIsRefused() throws IOException {
        Path picture = folder.resolve("model.gguf");
        Files.write(picture, new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13});
        refuses(Map.of("QUERN_MODEL", picture.toString()), picture.toString(), "PNG");
    }

    @Test
    void truncatedModelIsRefusedWithBothSizes() throws IOException {
        Path cut = folder.resolve("cut.gguf");
        Files.copy(TestModels.demo(), cut);
        long whole = Files.size(cut);
        try (RandomAccessFile file = new RandomAccessFile(cut.toFile(), "rw")) {
            file.setLength(whole / 2);
        }
        refuses(Map.of("QUERN_MODEL", cut.toString()), cut.toString(), Long.toString(whole), Long.toString(whole / 2));
    }

    @Test
    void modelsThatAreAllBrokenAreRefused() throws IOException {
        Path cut = Files.write(folder.resolve("cut.gguf"), "GGUF".getBytes(StandardCharsets.US_ASCII));
        Path text = Files.writeString(folder.resolve("text.gguf"), "no model");
        refuses(
                Map.of("QUERN_MODELS_CUT_MODEL", cut.toString(), "QUERN_MODELS_TEXT_MODEL", text.toString()),
                "No model can be served",
                cut.toString(),
                text.toString());
    }

    @Test
    void missingFileBesideOtherModelsIsRefused() {
        refuses(
                Map.of("QUERN_MODELS_GONE_MODEL", "/no/such/model.gguf", "QUERN_MODELS_DEMO_MODEL", "demo"),
                "The model gone cannot be served",
                "/no/such/model.gguf");
    }

    @Test
    void brokenPinnedModelBesideOthersIsRefused() throws IOException {
        Path text = Files.writeString(folder.resolve("text.gguf"), "no model");
        refuses(
                Map.of(
                        "QUERN_MODELS_TEXT_MODEL",
                        text.toString(),
                        "QUERN_MODELS_TEXT_PINNED",
                        "true",
                        "QUERN_MODELS_DEMO_MODEL",
                        "demo"),
                text.toString(),
                "it is not a GGUF model");
    }

    @Test
    void unknownStartMethodIsRefusedListingKnownOnes() {
        refuses(
                Map.of("QUERN_MODEL", TestModels.demo().toString(), "QUERN_WORKER_START_METHOD", "teleport"),
                "teleport",
                "auto, spawn, fork, forkserver or inline");
    }

    @Test
    void engineStartedWithinWorkerIsRefused() {
        refuses(
                Map.of("QUERN_MODEL", TestModels.demo().toString(), "QUERN_INSIDE_WORKER", "0"),
                "was started within worker 0",
                "start-methods.md#started-within-a-worker");
    }

    @Test
    void packagedEngineHasNoDevelopmentEndpoints() {
        engine = EngineProcess.start(environment(TestModels.demo()));
        assertThat(engine.post("/q/quern/faults", "{\"fault\":\"kill\"}").statusCode())
                .isEqualTo(404);
        for (String path : List.of("/q/quern/dev-ui.js", "/q/dev-ui", "/q/dev-ui/json-rpc-ws", "/q/swagger-ui")) {
            assertThat(engine.get(path).statusCode()).as(path).isEqualTo(404);
        }
        assertThat(engine.get("/q/openapi").body()).contains("/q/quern/pool").doesNotContain("faults");
        assertPromptsAreNotLogged();
    }

    /** Checks a request that is served and one that is refused. */
    private void assertPromptsAreNotLogged() {
        String prompt = "{\"prompt\":\"a tangerine 7391\",\"max_tokens\":1%s}";
        assertThat(engine.post("/v1/completions", prompt.formatted("")).statusCode())
                .isEqualTo(200);
        assertThat(engine.post("/v1/completions", prompt.formatted(",\"top_p\":\"tangerine\""))
                        .statusCode())
                .isEqualTo(400);
        assertThat(engine.log()).noneMatch(line -> line.contains("tangerine"));
    }

    @Test
    void mistypedKeyIsRefusedSuggestingTheNearest() {
        engine = EngineProcess.launch(environment(TestModels.demo()), "-Dquern.pool.worker=2");
        assertThat(engine.exitCode()).isEqualTo(1);
        await().until(() -> String.join("\n", engine.log())
                .contains("unknown configuration key quern.pool.worker; did you mean quern.pool.workers?"));
    }

    /** The root of a container may be read-only, without a temporary folder, and a profile may have any name. */
    @ParameterizedTest
    @ValueSource(strings = {"prod", "staging"})
    void runningEngineWritesNothingToTemporaryFolder(String profile) throws IOException {
        Path temporary = Files.createDirectory(folder.resolve("temporary"));
        Map<String, String> environment = new HashMap<>(environment(TestModels.demo()));
        environment.put("QUARKUS_PROFILE", profile);
        engine = EngineProcess.launch(environment, "-Djava.io.tmpdir=" + temporary);
        engine.awaitReady();
        assertThat(engine.post(
                                "/v1/chat/completions",
                                "{\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}")
                        .statusCode())
                .isEqualTo(200);
        assertThat(temporary).isEmptyDirectory();
    }

    @Test
    void folderWithoutLibllamaIsRefused() {
        refuses(
                Map.of("QUERN_MODEL", TestModels.demo().toString(), "QUERN_LLAMA_LIBRARY", folder.toString()),
                "quern.llama.library",
                "no libllama");
    }

    @Test
    void portInUseEndsEngineAndItsWorkers() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            refuses(
                    Map.of(
                            "QUERN_MODEL", TestModels.demo().toString(),
                            "QUARKUS_HTTP_PORT", Integer.toString(taken.getLocalPort())),
                    "Port " + taken.getLocalPort() + " seems to be in use");
            refuses(
                    Map.of(
                            "QUERN_MODEL", TestModels.demo().toString(),
                            "QUARKUS_MANAGEMENT_PORT", Integer.toString(taken.getLocalPort())),
                    "Cannot listen on 127.0.0.1:" + taken.getLocalPort() + " for the management interface",
                    "quarkus.management.port");
        }
        await().until(() -> ProcessHandle.allProcesses()
                .noneMatch(p -> p.info().commandLine().orElse("").contains(folder.toString())));
    }

    @Test
    void loadingModelAnswers503UntilReady() {
        Gate gate = Gate.make();
        Map<String, String> environment = gate.added(environment(TestModels.demo()));
        environment.put("QUERN_WORKER_START_METHOD", "spawn");
        // Otherwise the demo model would be ready before the test sends a request.
        gate.closeAfter(0);
        engine = EngineProcess.launch(environment);
        // The port opens before the worker is ready.
        await().until(engine::listening);
        var early = engine.post(
                "/v1/chat/completions", "{\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
        assertThat(early.statusCode()).isEqualTo(503);
        assertThat(early.body()).contains("Loading model");
        assertThat(early.headers().firstValue("retry-after")).isPresent();
        assertThat(engine.get("/q/health/live").statusCode()).isEqualTo(200);
        assertThat(engine.get("/q/health/ready").statusCode()).isEqualTo(503);
        gate.open();
        engine.awaitReady();
        assertThat(engine.post(
                                "/v1/chat/completions",
                                "{\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}")
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void brokenModelKeepsServiceUpIfConfigured() throws IOException {
        breakTheModel(Map.of("QUERN_SHUTDOWN_WHEN_WORKERS_ARE_LOST", "false"));
        await().until(() -> engine.json("/q/quern/pool").get("state").asText().equals("failed"));
        var refused = engine.post("/v1/chat/completions", "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
        assertThat(refused.statusCode()).isEqualTo(503);
        assertThat(refused.body()).contains("No worker can run", "invalid magic");
        assertThat(engine.get("/q/health/ready").statusCode()).isEqualTo(503);
        assertThat(engine.get("/v1/models").statusCode()).isEqualTo(200);
    }

    @Test
    void brokenModelEndsEngineWithCodeOne() throws IOException {
        breakTheModel(Map.of());
        assertThat(engine.exitCode()).isEqualTo(1);
        await().until(() ->
                String.join("\n", engine.log()).contains("The engine stops, because it has given up all workers"));
        assertThat(engine.log()).anyMatch(line -> line.contains("invalid magic"));
    }

    @Test
    void workerHeapTooSmallSuggestsLargerOne() {
        Map<String, String> environment = new HashMap<>(environment(TestModels.demo()));
        environment.put("QUERN_WORKER_JVM_OPTIONS", "-Xmx2m");
        environment.put("QUERN_POOL_RESTART_MAX_RESTARTS", "0");
        engine = EngineProcess.launch(environment);
        assertThat(engine.exitCode()).isEqualTo(1);
        await().until(() -> String.join("\n", engine.log())
                .contains(
                        "its process ended with exit code 3: its JVM ran out of memory, with a heap of 2 MiB; set a larger"
                                + " one, such as quern.worker.jvm-options=-Xmx4m"));
    }

    private void breakTheModel(Map<String, String> more) throws IOException {
        Path model = folder.resolve("model.gguf");
        Files.copy(TestModels.demo(), model);
        Map<String, String> environment = new HashMap<>(environment(model));
        environment.put("QUERN_POOL_RESTART_MAX_RESTARTS", "2");
        // Spawned workers load the model again; a launcher would keep the one it has loaded.
        environment.put("QUERN_WORKER_START_METHOD", "spawn");
        environment.putAll(more);
        engine = EngineProcess.launch(environment);
        engine.awaitReady();
        // Replaced, not overwritten, because the running worker has the old file mapped.
        Path broken = Files.write(folder.resolve("broken"), new byte[4096]);
        Files.move(broken, model, StandardCopyOption.REPLACE_EXISTING);
        ProcessHandle.of(engine.workerPids().getFirst()).orElseThrow().destroyForcibly();
    }

    private Map<String, String> environment(Path model) {
        return Map.of(
                "QUERN_MODEL", model.toString(),
                "QUERN_HOME", folder.resolve("home").toString(),
                "QUERN_WORKER_SLOTS", "1",
                "QUERN_WORKER_CONTEXT_LENGTH", "512",
                "QUERN_WORKER_AOT_CACHE", "false");
    }

    private void refuses(Map<String, String> environment, String... messages) {
        Map<String, String> complete = new HashMap<>(environment);
        complete.put("QUERN_HOME", folder.resolve("home").toString());
        engine = EngineProcess.launch(complete);
        engine.refuses(messages);
    }
}
