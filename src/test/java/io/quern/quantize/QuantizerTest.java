package io.quern.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.quern.TestModels;
import io.quern.home.QuernHome;
import io.quern.jvm.WeightsCommand;
import io.quern.jvm.WorkerRuntime;
import io.quern.libraries.LlamaLibraries;
import io.quern.model.GgufMetadata;
import io.quern.quantize.QuantizeException.Problem;
import io.quern.sandbox.Sandbox;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Quantises the demo model in real processes. */
class QuantizerTest {
    private static final long PLENTY = 8L << 30;

    @TempDir
    Path folder;

    private WeightsCommand command;
    private Path source;
    private Path target;

    @BeforeEach
    void prepare() {
        QuernHome home = QuernHome.locate(Optional.of(folder.resolve("home")));
        command = new WeightsCommand(
                WorkerRuntime.find(Optional.empty(), home),
                Sandbox.none(),
                home,
                new LlamaLibraries(Optional.empty(), home).folder());
        source = TestModels.demo();
        target = folder.resolve("out.gguf");
    }

    @Test
    void resultIsAsPlanned() throws Exception {
        Quantizer quantizer = quantizer(PLENTY);
        QuantizePlan plan = quantizer.plan(source, WeightType.Q5_1);
        assertThat(plan.tensors()).isEqualTo(GgufMetadata.read(source).tensorCount());
        assertThat(plan.types().values().stream().mapToInt(Integer::intValue).sum())
                .isEqualTo(plan.tensors());
        assertThat(plan.types()).containsKey("q5_1");
        assertThat(target).doesNotExist();

        List<Long> seen = new ArrayList<>();
        quantizer.write(source, plan, target, false, (done, total) -> seen.add(done));
        assertThat(seen).hasSize(plan.tensors()).isSorted();
        assertThat(GgufMetadata.read(target).quantisation()).hasValue("Q5_1");
        assertThat(Files.size(target)).isBetween(plan.resultBytes(), plan.resultBytes() + (1 << 20));
    }

    @Test
    void sourceThatChangesMeanwhileLeavesNothing() throws Exception {
        Path copy = Files.copy(source, folder.resolve("copy.gguf"));
        Quantizer quantizer = quantizer(PLENTY);
        QuantizePlan plan = quantizer.plan(copy, WeightType.Q4_0);
        Files.writeString(copy, "no model any more");
        assertThatExceptionOfType(QuantizeException.class)
                .isThrownBy(() -> quantizer.write(copy, plan, target, false, (done, total) -> {}))
                .satisfies(e -> assertThat(e.problem()).isEqualTo(Problem.SOURCE));
        assertThat(folder).isDirectoryNotContaining(file -> file.toString().contains("out.gguf"));
    }

    @Test
    void shortMemoryIsReportedBeforeAnythingIsWritten() throws Exception {
        QuantizePlan plan = quantizer(PLENTY).plan(source, WeightType.Q4_0);
        Quantizer poor = quantizer(100 << 20);
        assertThatExceptionOfType(QuantizeException.class)
                .isThrownBy(() -> poor.requireRoom(source, plan, target))
                .withMessageContaining("but only 100 MiB are available")
                .satisfies(e -> assertThat(e.problem()).isEqualTo(Problem.NO_ROOM));
        FileComparison comparison = new FileComparison(command, 1, () -> 100 << 20);
        assertThat(comparison.problem(source, source))
                .hasValueSatisfying(why -> assertThat(why).contains("of memory, and 100 MiB are available"));
        assertThat(target).doesNotExist();
    }

    @Test
    void fullDiskIsReportedBeforeAnythingIsWritten() throws Exception {
        QuantizePlan plan = quantizer(PLENTY).plan(source, WeightType.Q4_0);
        QuantizePlan huge = new QuantizePlan(plan.type(), 1L << 55, 1L << 55, plan.tensors(), plan.types());
        assertThatExceptionOfType(QuantizeException.class)
                .isThrownBy(() -> quantizer(PLENTY).requireRoom(source, huge, target))
                .withMessageContaining("the disk of " + folder + " has only ")
                .satisfies(e -> assertThat(e.problem()).isEqualTo(Problem.NO_ROOM));
    }

    @Test
    void sourceIsNeverTheTarget() throws Exception {
        Path link = Files.createSymbolicLink(folder.resolve("link.gguf"), source);
        assertThatExceptionOfType(QuantizeException.class)
                .isThrownBy(() -> Quantizer.check(source, link, true))
                .withMessageContaining("is the source itself")
                .satisfies(e -> assertThat(e.problem()).isEqualTo(Problem.USAGE));
    }

    private Quantizer quantizer(long available) {
        return new Quantizer(command, 1, () -> available);
    }
}
