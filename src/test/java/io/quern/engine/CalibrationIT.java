package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.quern.TestModels;
import io.quern.engine.BinQuern.Run;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Idle engines measure their models, and later starts choose by that. */
@DisabledOnOs(OS.WINDOWS)
class CalibrationIT {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final String QUESTION = "{\"prompt\":\"Once\",\"max_tokens\":4}";

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
    void nextStartChoosesByWhatAnIdleEngineHasMeasured() {
        engine = EngineProcess.start(environment("1s"));
        assertThat(measured()).isEqualTo("false");
        await().atMost(LIMIT).untilAsserted(() -> assertThat(engine.log())
                .anyMatch(line ->
                        line.contains("measured speed of one thread: ") && line.contains("; the next start chooses ")));
        assertThat(measuring()).isEmpty();
        engine.close();
        engine = EngineProcess.start(environment("1s"));
        assertThat(measured()).isEqualTo("true");
    }

    @Test
    void engineThatIsKilledTakesTheMeasurementAlong() {
        engine = EngineProcess.start(environment("10ms"));
        await().atMost(LIMIT).pollInterval(Duration.ofMillis(10)).until(() -> measuring()
                .isPresent());
        ProcessHandle process = measuring().orElseThrow();
        engine.process().toHandle().destroyForcibly();
        await().atMost(LIMIT).until(() -> !process.isAlive());
    }

    @Test
    void requestEndsTheMeasurement() {
        engine = EngineProcess.start(environment("10ms"));
        await().atMost(LIMIT).pollInterval(Duration.ofMillis(10)).until(() -> measuring()
                .isPresent());
        ProcessHandle process = measuring().orElseThrow();
        assertThat(engine.post("/v1/completions", QUESTION).statusCode()).isEqualTo(200);
        await().atMost(Duration.ofSeconds(2)).until(() -> !process.isAlive());
    }

    /** Without {@code quern.calibration}, which is a setting of other measurements. */
    @Test
    void requestEndsTheMeasurementOfTheWeights() throws IOException {
        Map<String, String> environment = environment("1s");
        environment.put("QUERN_CALIBRATION_ENABLED", "false");
        environment.put("QUERN_MODEL", largeModel().toString());
        engine = EngineProcess.start(environment);
        await().atMost(LIMIT).pollInterval(Duration.ofMillis(10)).until(() -> child("--task=kernels")
                .isPresent());
        ProcessHandle process = child("--task=kernels").orElseThrow();
        assertThat(engine.post("/v1/completions", QUESTION).statusCode()).isEqualTo(200);
        await().atMost(Duration.ofSeconds(2)).until(() -> !process.isAlive());
        assertThat(folder.resolve("home/kernels")).as("nothing was measured").isEmptyDirectory();
    }

    /** Returns the demo model with an end that nobody reads; only larger models get advice. */
    private Path largeModel() throws IOException {
        Path file = Files.copy(TestModels.demo(), folder.resolve("large.gguf"));
        try (RandomAccessFile end = new RandomAccessFile(file.toFile(), "rw")) {
            end.setLength(65L << 20);
        }
        return file;
    }

    @Test
    void tuneKnowsTheNamesOfTheConfiguration() throws Exception {
        BinQuern quern = new BinQuern(folder);
        List<String> models = List.of("-Dquern.models.red.model=demo", "-Dquern.models.red.aliases=pink");
        Run unknown = quern.run("tune", models.get(0), models.get(1), "blue");
        assertThat(unknown.exitCode()).isEqualTo(4);
        Run run = quern.run("tune", models.get(0), models.get(1), "-Dquern.models.red.slots=3", "pink", "--json");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(EngineProcess.parse(run.out()).at("/after/slots").asInt()).isEqualTo(3);
    }

    private Map<String, String> environment(String idleTime) {
        Map<String, String> environment = new HashMap<>();
        environment.put("QUERN_HOME", folder.resolve("home").toString());
        environment.put("QUERN_WORKER_AOT_CACHE", "false");
        environment.put("QUERN_POOL_WORKERS", "auto");
        environment.put("QUERN_CALIBRATION_ENABLED", "true");
        environment.put("QUERN_CALIBRATION_IDLE_TIME", idleTime);
        return environment;
    }

    private String measured() {
        return engine.json("/q/quern/decision").at("/topology/facts/measured").asText();
    }

    private Optional<ProcessHandle> measuring() {
        return child("--measure");
    }

    private Optional<ProcessHandle> child(String argument) {
        return engine.process()
                .descendants()
                .filter(child ->
                        List.of(child.info().arguments().orElse(new String[0])).contains(argument))
                .findFirst();
    }
}
