package io.quern.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.quern.StartsProcesses;
import io.quern.TestConfig;
import io.quern.device.DeviceConfig;
import io.quern.home.HomeConfig;
import io.quern.home.HomeException;
import io.quern.launch.WorkerConfig;
import io.quern.libraries.LlamaConfig;
import io.quern.model.ModelConfig;
import io.quern.model.ServedModel;
import io.quern.model.TemplateConfig;
import io.quern.store.ModelStore;
import io.quern.store.StoreConfig;
import io.quern.topology.Measurement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Measures the demo model in a real process. */
@StartsProcesses
@DisabledOnOs(OS.WINDOWS)
class CalibrationTest {
    private static final WorkersWanted ANY = new WorkersWanted(OptionalInt.empty(), 0, MemoryCheck.ENFORCE);
    private static final Duration LIMIT = Duration.ofMinutes(5);

    @TempDir
    Path folder;

    @Test
    void measuredSpeedAppliesUntilTheModelChanges() throws Exception {
        Path model = Files.copy(Path.of("src/main/resources/io/quern/model/demo/demo.gguf"), folder.resolve("m.gguf"));
        BootPlan before = planner(model).plan(ANY);
        assertThat(measured(before)).isEqualTo("false");
        AtomicInteger progress = new AtomicInteger();
        Calibration calibration = calibration(before, model);
        Measurement measurement = calibration.run(LIMIT, speed -> progress.incrementAndGet());
        assertThat(measurement.speeds())
                .hasSize(calibration.count())
                .allSatisfy(speed -> assertThat(speed.tokensPerSecond()).isPositive());
        assertThat(progress).hasValue(calibration.count());
        assertThat(measured(planner(model).plan(ANY))).isEqualTo("true");
        Files.setLastModifiedTime(model, FileTime.fromMillis(1_000_000));
        assertThat(measured(planner(model).plan(ANY))).isEqualTo("false");
    }

    @Test
    void modelThatCannotBeLoadedIsReported() throws Exception {
        Path model = Files.copy(Path.of("src/main/resources/io/quern/model/demo/demo.gguf"), folder.resolve("m.gguf"));
        Calibration calibration = calibration(planner(model).plan(ANY), model);
        Files.write(model, new byte[1000]);
        assertThatThrownBy(() -> calibration.run(LIMIT, speed -> {}))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("the measuring process ended with exit code 65: ");
        try (Stream<Path> kept = Files.walk(folder.resolve("home"))) {
            assertThat(kept.filter(file -> file.toString().contains("measurements")))
                    .isEmpty();
        }
    }

    @Test
    void backgroundMeasurementIsThatOfOneThread() throws Exception {
        Path model = Files.copy(Path.of("src/main/resources/io/quern/model/demo/demo.gguf"), folder.resolve("m.gguf"));
        BootPlanner planner = planner(model);
        BootPlan plan = planner.plan(ANY);
        Tuning tuning = planner.tuning(plan);
        assertThat(tuning.matters()).isTrue();
        assertThat(tuning.isMeasured()).isFalse();
        assertThat(tuning.fits(MemoryShare.ALL)).isTrue();
        assertThat(tuning.fits(MemoryShare.ALL.beside("others", Long.MAX_VALUE / 2)))
                .isFalse();
        Measurement measurement = tuning.calibration().run(LIMIT, speed -> {});
        assertThat(measurement.speeds())
                .extracting(Measurement.Speed::threads, Measurement.Speed::streams)
                .containsExactly(tuple(1, 1), tuple(1, 2), tuple(1, 4), tuple(1, 8), tuple(1, 16), tuple(1, 32));
        assertThat(tuning.isMeasured()).isTrue();
        assertThat(tuning.now()).isEqualTo(plan.topology().orThrow());
        assertThat(tuning.next(measurement))
                .as("the next start chooses it")
                .isEqualTo(planner(model).plan(ANY).topology().orThrow());
    }

    @Test
    void measurementThatCannotMatterIsNotMade() {
        BootPlanner planner = planner(
                Path.of("src/main/resources/io/quern/model/demo/demo.gguf").toAbsolutePath());
        BootPlan plan = planner.plan(ANY);
        assertThat(tuning(plan, Map.of("quern.worker.threads", "1")).matters()).isTrue();
        assertThat(tuning(plan, Map.of("quern.worker.slots", "4")).matters()).isTrue();
        assertThat(tuning(plan, Map.of("quern.worker.slots", "4", "quern.worker.threads", "1"))
                        .matters())
                .isFalse();
        for (EngineFacts other : List.of(new EngineFacts(1, 1, true, false), new EngineFacts(1, 1, false, true))) {
            assertThat(new Tuning(plan, worker(), other, measured -> plan.topology()
                                    .orThrow())
                            .matters())
                    .as("%s", other)
                    .isFalse();
        }
    }

    private static Tuning tuning(BootPlan plan, Map<String, String> keys) {
        return new Tuning(plan, TestConfig.of(WorkerConfig.class, keys), EngineFacts.SINGLE, measured -> plan.topology()
                .orThrow());
    }

    @Test
    void stoppedMeasurementKeepsNothing() throws Exception {
        Path model = Files.copy(Path.of("src/main/resources/io/quern/model/demo/demo.gguf"), folder.resolve("m.gguf"));
        BootPlanner planner = planner(model);
        Tuning tuning = planner.tuning(planner.plan(ANY));
        CountDownLatch measures = new CountDownLatch(1);
        Calibration.Running running = tuning.calibration().start(speed -> measures.countDown());
        assertThat(measures.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        running.stop();
        assertThat(running.result().toCompletableFuture())
                .failsWithin(LIMIT)
                .withThrowableOfType(ExecutionException.class)
                .withMessageContaining("the measuring process ended with signal 9");
        assertThat(tuning.isMeasured()).isFalse();
    }

    @Test
    void nothingIsMeasuredThatCannotBeKept() throws Exception {
        BootPlanner planner = planner(
                Path.of("src/main/resources/io/quern/model/demo/demo.gguf").toAbsolutePath());
        Tuning tuning = planner.tuning(planner.plan(ANY));
        Files.writeString(Files.createDirectories(folder.resolve("home")).resolve("measurements"), "in the way");
        assertThatThrownBy(() -> tuning.calibration().start(speed -> {}))
                .isInstanceOf(HomeException.class)
                .hasMessageContaining("measurements is not a folder");
    }

    @Test
    void damagedFileIsLikeNone() throws Exception {
        BootPlan plan = planner(Path.of("src/main/resources/io/quern/model/demo/demo.gguf")
                        .toAbsolutePath())
                .plan(ANY);
        MeasuredUnder conditions = new MeasuredUnder("m 1 2 3", "a processor", 2, "libraries");
        Measurements kept = Measurements.in(plan.parts().home().orThrow());
        assertThat(kept.find(conditions)).isEmpty();
        Measurement measurement = new Measurement(List.of(new Measurement.Speed(1, 2, 3.5)));
        kept.keep(conditions, measurement);
        assertThat(kept.find(conditions)).contains(measurement);
        assertThat(kept.find(new MeasuredUnder("m 1 2 3", "a processor", 1.5, "libraries")))
                .isEmpty();
        Path file = folder.resolve("home/measurements").resolve(conditions.digest());
        for (String wrong : List.of("1 2", "1 2 fast", "0 1 5", "1 1 -5", "1 1 NaN", "")) {
            Files.writeString(file, wrong + "\n");
            assertThat(kept.find(conditions)).as(wrong).isEmpty();
        }
    }

    @Test
    void threadsLeaveOneCore() {
        assertThat(Calibration.threads(0.5)).containsExactly(1);
        assertThat(Calibration.threads(2)).containsExactly(1);
        assertThat(Calibration.threads(4)).containsExactly(1, 2, 3);
        assertThat(Calibration.threads(8)).containsExactly(1, 2, 4, 7);
        assertThat(Calibration.threads(64)).containsExactly(1, 2, 4, 8, 16, 32, 63);
    }

    private static String measured(BootPlan plan) {
        return plan.topology().orThrow().facts().get("measured");
    }

    private Calibration calibration(BootPlan plan, Path model) {
        return new Calibration(plan.parts().whole(), worker(), plan.host(), model);
    }

    private static WorkerConfig worker() {
        // otherwise the launcher would turn off memory dumps of this JVM
        return TestConfig.of(WorkerConfig.class, Map.of("quern.worker.core-dumps", "true"));
    }

    private BootPlanner planner(Path model) {
        HomeConfig home = TestConfig.of(
                HomeConfig.class, Map.of("quern.home", folder.resolve("home").toString()));
        return new BootPlanner(
                home,
                TestConfig.of(LlamaConfig.class, Map.of()),
                worker(),
                TestConfig.of(DeviceConfig.class, Map.of("quern.device.probe", "never")),
                new ServedModel(
                        TestConfig.of(ModelConfig.class, Map.of("quern.model", model.toString())),
                        TestConfig.of(TemplateConfig.class, Map.of()),
                        new ModelStore(TestConfig.of(StoreConfig.class, Map.of()), home)));
    }
}
