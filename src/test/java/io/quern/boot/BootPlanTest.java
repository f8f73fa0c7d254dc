package io.quern.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.quern.StartsProcesses;
import io.quern.TestConfig;
import io.quern.device.DeviceConfig;
import io.quern.home.HomeConfig;
import io.quern.home.HomeException;
import io.quern.launch.WorkerConfig;
import io.quern.libraries.LlamaConfig;
import io.quern.libraries.LlamaLibrariesException;
import io.quern.model.ModelConfig;
import io.quern.model.ModelFileException;
import io.quern.model.ServedModel;
import io.quern.model.TemplateConfig;
import io.quern.policy.StartMethod;
import io.quern.store.ModelStore;
import io.quern.store.StoreConfig;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Tests on real files where a start stops and what a report lists. */
@StartsProcesses
@DisabledOnOs(OS.WINDOWS)
class BootPlanTest {
    private static final WorkersWanted ONE = new WorkersWanted(OptionalInt.of(1), 0, MemoryCheck.ENFORCE);

    @TempDir
    Path folder;

    private final Map<String, String> keys = new HashMap<>();

    @BeforeEach
    void configure() {
        keys.put("quern.home", folder.resolve("home").toString());
        keys.put("quern.device.probe", "never");
        keys.put("quern.worker.sandbox", "off");
        // otherwise the launcher would turn off memory dumps of this JVM
        keys.put("quern.worker.core-dumps", "true");
    }

    @Test
    void wholePlanHasNoProblem() {
        BootPlan plan = planner().plan(ONE);
        assertThat(problems(plan)).isEmpty();
        assertThat(plan.parts().whole().home().folder()).isEqualTo(folder.resolve("home"));
        assertThat(plan.parts().whole().libraries()).isDirectory();
        assertThat(plan.model().orThrow().id()).isEqualTo("demo");
        assertThat(plan.confinement().orThrow()).startsWith("off (quern.worker.sandbox); ");
        assertThat(plan.memoryKeptTo())
                .hasValueSatisfying(memory -> assertThat(memory.slots()).isEqualTo(32));
        assertThat(plan.topology().orThrow().text()).startsWith("1 worker x ").endsWith(" x 32 slots");
    }

    @Test
    void untrustedHomeFolderSkipsItsParts() throws Exception {
        untrustedHome();
        keys.put("quern.model", demoFile().toString());
        stopsAt(HomeException.class, "Cannot use the prepared folder " + folder.resolve("prepared"));
        BootPlan plan = planner().report(ONE, Assumptions.NONE);
        assertThat(problems(plan)).hasSize(1).first().asString().startsWith("Cannot use the prepared folder ");
        assertThat(List.of(
                        plan.parts().libraries(),
                        plan.parts().runtime(),
                        plan.parts().launcher()))
                .allSatisfy(part -> assertThat(part).isInstanceOf(Found.Skipped.class));
        assertThat(plan.confinement()).isInstanceOf(Found.Skipped.class);
        assertThat(plan.decision().found()).isPresent();
    }

    @Test
    void demoModelNeedsAHome() throws IOException {
        untrustedHome();
        assertThat(problems(planner().report(ONE, Assumptions.NONE)))
                .hasSize(2)
                .allSatisfy(problem -> assertThat(problem).startsWith("Cannot use the prepared folder "));
    }

    @Test
    void emptyFolderHoldsNoLibraries() throws IOException {
        keys.put(
                "quern.llama.library",
                Files.createDirectory(folder.resolve("empty")).toString());
        stopsAt(LlamaLibrariesException.class, "quern.llama.library is " + folder.resolve("empty"));
        lists("quern.llama.library is " + folder.resolve("empty"));
    }

    @Test
    void missingJavaIsAProblem() {
        keys.put("quern.worker.java", folder.resolve("no-java").toString());
        stopsAt(IllegalStateException.class, "quern.worker.java is " + folder.resolve("no-java"));
        lists("quern.worker.java is " + folder.resolve("no-java"));
    }

    @Test
    void invalidVariableNameIsASandboxProblem() {
        keys.put("quern.worker.environment", "A=B");
        stopsAt(IllegalArgumentException.class, "quern.worker.environment holds \"A=B\"");
        lists("quern.worker.environment holds \"A=B\"");
    }

    @Test
    void unknownStartMethodIsAProblem() {
        keys.put("quern.worker.start-method", "threads");
        stopsAt(IllegalArgumentException.class, "quern.worker.start-method is \"threads\"");
        BootPlan plan = planner().report(ONE, Assumptions.NONE);
        assertThat(problems(plan)).hasSize(1);
        assertThat(plan.memory()).isInstanceOf(Found.Skipped.class);
    }

    @Test
    void invalidModelFileIsAProblem() throws IOException {
        keys.put(
                "quern.model",
                Files.writeString(folder.resolve("cat.gguf"), "PNG").toString());
        stopsAt(ModelFileException.class, "Cannot use model " + folder.resolve("cat.gguf") + ": ");
        lists("Cannot use model " + folder.resolve("cat.gguf") + ": ");
    }

    @Test
    void missingRequiredSandboxStopsTheStart() {
        keys.put("quern.worker.sandbox", "required");
        keys.put("quern.worker.start-method", "inline");
        String problem = "quern.worker.sandbox is required, but workers cannot be confined: start method inline ";
        assertThatThrownBy(() -> planner().plan(ONE).confinement().orThrow())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith(problem);
        lists(problem);
    }

    @Test
    void tooLargeModelStopsTheStartIfChecked() {
        keys.put("quern.worker.slots", "256");
        keys.put("quern.worker.context-length", "8000000");
        BootPlan plan = planner().plan(ONE);
        assertThatThrownBy(plan::memoryKeptTo)
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("the model needs ");
        assertThat(planner().report(ONE, Assumptions.NONE).memory().orThrow().problem())
                .isEqualTo(plan.memory().orThrow().problem());
        assertThat(planner()
                        .plan(new WorkersWanted(OptionalInt.of(1), 0, MemoryCheck.WARN))
                        .memoryKeptTo())
                .hasValueSatisfying(memory -> assertThat(memory.slots()).isEqualTo(256));
        assertThat(planner()
                        .plan(new WorkersWanted(OptionalInt.of(1), 0, MemoryCheck.OFF))
                        .memoryKeptTo())
                .isEmpty();
    }

    @Test
    void startStopsBeforeItReadsTheModel() throws IOException {
        keys.put(
                "quern.llama.library",
                Files.createDirectory(folder.resolve("empty")).toString());
        ServedModel model = model();
        BootPlanner planner = planner(model);
        assertThatThrownBy(() -> planner.plan(ONE)).isInstanceOf(LlamaLibrariesException.class);
        assertThatThrownBy(model::metadata).as("read from its file").isInstanceOf(IllegalStateException.class);
        assertThat(planner.report(ONE, Assumptions.NONE).model().found()).isPresent();
    }

    @Test
    void reportListsEveryProblem() throws IOException {
        keys.put(
                "quern.llama.library",
                Files.createDirectory(folder.resolve("empty")).toString());
        keys.put("quern.worker.java", folder.resolve("no-java").toString());
        keys.put("quern.model", folder.resolve("none.gguf").toString());
        BootPlan plan = planner().report(ONE, Assumptions.NONE);
        assertThat(problems(plan)).hasSize(3);
        assertThat(plan.decision().orThrow().method()).isNotNull();
        assertThat(plan.parts().sandbox().found()).isPresent();
        assertThat(plan.memory()).isInstanceOf(Found.Skipped.class);
    }

    @Test
    void reportProbesDevicesThatAStartSkips() {
        keys.put("quern.device.probe", "auto");
        BootPlan report = planner().report(ONE, Assumptions.NONE);
        assertThat(report.devices().orThrow().computeDevices()).isNotEmpty();
        assumeTrue(
                report.host().acceleratorNodes().isEmpty(),
                "skipped: this machine has accelerators, so a start probes them too");
        assertThat(planner().plan(ONE).devices().orThrow().computeDevices()).isEmpty();
    }

    @Test
    void quantisationIsChosenForThisMachine() {
        assertThat(planner()
                        .quantisations(ONE)
                        .choose(List.of(FittingQuantisationTest.candidate("Q8_0", 10)))
                        .reason())
                .startsWith("Q8_0 is the only one: it needs ")
                .contains("(weights 10 MiB + KV cache ");
        keys.put("quern.worker.context-length", "4096");
        keys.put("quern.worker.slots", "100000000");
        assertThat(planner().quantisations(ONE).remark(FittingQuantisationTest.candidate("Q8_0", 10), List.of()))
                .hasValueSatisfying(text -> assertThat(text).contains("No other quantisation would fit."));
    }

    @Test
    void standbysCountUnlessInline() {
        WorkersWanted wanted = new WorkersWanted(OptionalInt.of(2), 1, MemoryCheck.OFF);
        assertThat(wanted.count(2, StartMethod.SPAWN)).isEqualTo(3);
        assertThat(wanted.count(2, StartMethod.INLINE)).isEqualTo(2);
    }

    private void untrustedHome() throws IOException {
        Path prepared = Files.createDirectory(folder.resolve("prepared"));
        Files.setPosixFilePermissions(prepared, PosixFilePermissions.fromString("rwxrwxrwx"));
        keys.put("quern.prepared", prepared.toString());
    }

    private static Path demoFile() throws URISyntaxException {
        return Path.of(Objects.requireNonNull(ServedModel.class.getResource("demo/demo.gguf"))
                .toURI());
    }

    private void stopsAt(Class<? extends RuntimeException> type, String message) {
        assertThatThrownBy(() -> planner().plan(ONE)).isExactlyInstanceOf(type).hasMessageStartingWith(message);
    }

    /** Expects this as the only problem. */
    private void lists(String message) {
        assertThat(problems(planner().report(ONE, Assumptions.NONE)))
                .hasSize(1)
                .first()
                .asString()
                .startsWith(message);
    }

    private static List<String> problems(BootPlan plan) {
        InstallationParts parts = plan.parts();
        return Stream.of(
                        parts.home(),
                        parts.libraries(),
                        parts.runtime(),
                        parts.launcher(),
                        parts.sandbox(),
                        plan.devices(),
                        plan.decision(),
                        plan.model(),
                        plan.confinement(),
                        plan.memory())
                .map(part -> part instanceof Found.Problem<?>(RuntimeException problem) ? problem.getMessage() : null)
                .filter(Objects::nonNull)
                .toList();
    }

    private BootPlanner planner() {
        return planner(model());
    }

    private BootPlanner planner(ServedModel model) {
        return new BootPlanner(
                config(HomeConfig.class, "quern.home", "quern.prepared"),
                config(LlamaConfig.class, "quern.llama."),
                config(WorkerConfig.class, "quern.worker."),
                config(DeviceConfig.class, "quern.device."),
                model);
    }

    private ServedModel model() {
        return new ServedModel(
                config(ModelConfig.class, "quern.model"),
                config(TemplateConfig.class),
                new ModelStore(config(StoreConfig.class), config(HomeConfig.class, "quern.home")));
    }

    private <T> T config(Class<T> mapping, String... beginnings) {
        Map<String, String> own = new HashMap<>();
        keys.forEach((key, value) -> {
            if (Arrays.stream(beginnings).anyMatch(key::startsWith)) {
                own.put(key, value);
            }
        });
        return TestConfig.of(mapping, own);
    }
}
