package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIf;
import org.junit.jupiter.api.io.TempDir;

/** Configures a packaged application by files and arguments, and starts it from other folders. */
@DisabledIf(
        value = "io.quern.engine.PackagedEngine#isNative",
        disabledReason = "a native executable does not work through a link")
class ConfigurationFilesIT {
    @TempDir
    Path folder;

    private Path application;
    private EngineProcess engine;

    /** Makes an application folder of links: the application looks for files next to the jar that the command names. */
    @BeforeEach
    void linkApplicationIntoOwnFolder() throws IOException {
        application = Files.createDirectory(folder.resolve("app"));
        try (DirectoryStream<Path> parts =
                Files.newDirectoryStream(Path.of("target/quarkus-app").toAbsolutePath())) {
            for (Path part : parts) {
                Files.createSymbolicLink(application.resolve(part.getFileName()), part);
            }
        }
    }

    @AfterEach
    void stopEngine() {
        if (engine != null) {
            engine.close();
        }
    }

    @Test
    void configFolderIsReadAndMisplacedFileReported() throws IOException {
        write(
                application,
                "config/application.properties",
                "quern.model-name=beside\nquern.openai.api-keys=sk-beside\n");
        write(application, "config/application-prod.properties", "quern.worker.slots=2\n");
        Path mistaken = write(application, "application.properties", "quern.model-name=mistaken\n");
        launch(List.of(), List.of());
        assertThat(engine.get("/v1/models").statusCode()).isEqualTo(401);
        assertThat(engine.json("/q/quern/pool").at("/slots").asInt()).isEqualTo(2);
        assertThat(engine.log()).anyMatch(line -> line.contains(mistaken + " is not read"));
    }

    @Test
    void argumentsWinOverWorkingDirectoryThenApplicationFolder() throws IOException {
        Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
        write(application, "config/application.properties", "quern.model-name=beside\nquern.worker.slots=2\n");
        write(elsewhere, "config/application.properties", "quern.model-name=here\nquern.pool.standbys=1\n");
        launch(List.of("env", "-C", elsewhere.toString()), List.of("-Dquern.pool.standbys=0"));
        assertThat(engine.json("/v1/models").at("/data/0/id").asText()).isEqualTo("here");
        assertThat(engine.json("/q/quern/pool").at("/slots").asInt()).isEqualTo(2);
        assertThat(engine.json("/q/quern/pool").at("/workers")).hasSize(1);
        assertThat(engine.log()).noneMatch(line -> line.contains("is not read"));
    }

    @Test
    void doctorReportsFaultsInFilesWithoutStackTrace() throws Exception {
        write(application, "config/application.properties", "quern.model=/no/such/model\n");
        assertThat(doctor()).contains("/no/such/model");
        assertThat(doctor("-Dquern.model=/another/model")).contains("/another/model");
        assertThat(doctor("-Dquern.llama.library=${NOT_SET}"))
                .contains("error: ", "quern.llama.library refers to ${NOT_SET}, which is not set")
                .doesNotContain("\tat ");
    }

    private String doctor(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(PackagedEngine.onJvm(application, List.of()));
        command.add("doctor");
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("QUERN_HOME", folder.resolve("home").toString());
        builder.environment().remove("QUERN_MODEL");
        Process doctor = builder.start();
        String output = new String(doctor.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(doctor.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(doctor.exitValue()).as(output).isEqualTo(1);
        return output;
    }

    private void launch(List<String> prefix, List<String> arguments) {
        engine = EngineProcess.launch(
                prefix,
                application,
                Map.of(
                        "QUERN_HOME", folder.resolve("home").toString(),
                        "QUERN_WORKER_CONTEXT_LENGTH", "512",
                        "QUERN_WORKER_AOT_CACHE", "false"),
                true,
                List.of(),
                arguments);
        // The pool counts only the slots of ready workers.
        engine.awaitReady();
    }

    private static Path write(Path folder, String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text);
    }
}
