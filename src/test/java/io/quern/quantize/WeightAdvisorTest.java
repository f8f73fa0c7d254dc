package io.quern.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quern.TestModels;
import io.quern.home.QuernHome;
import io.quern.jvm.WeightsCommand;
import io.quern.jvm.WorkerRuntime;
import io.quern.libraries.LlamaLibraries;
import io.quern.model.GgufMetadata;
import io.quern.sandbox.Sandbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Measures in a real process, in the shape of the demo model, whose weights are Q8_0. */
class WeightAdvisorTest {
    private static final String Q8_0 = "kernel\t8\t";

    @TempDir
    Path folder;

    private Path cpuInfo;
    private GgufMetadata demo;
    private WeightsCommand command;

    @BeforeEach
    void prepare() throws IOException {
        cpuInfo = Files.writeString(folder.resolve("cpuinfo"), "model name\t: one\ncpu MHz\t: 1\n");
        demo = GgufMetadata.read(TestModels.demo());
        QuernHome home = QuernHome.locate(Optional.of(folder.resolve("home")));
        command = new WeightsCommand(
                WorkerRuntime.find(Optional.empty(), home),
                Sandbox.none(),
                home,
                new LlamaLibraries(Optional.empty(), home).folder());
    }

    @Test
    void timesAreMeasuredOnceForEachProcessor() throws Exception {
        advise(cpuInfo);
        assertThat(cached()).hasSize(1);
        List<String> lines = Files.readAllLines(cached().getFirst());
        assertThat(lines).anyMatch(line -> line.startsWith(Q8_0)).anyMatch(line -> line.startsWith("kernel\t2\t"));

        // what is kept is believed, so this makes Q8_0 slow
        Files.write(
                cached().getFirst(),
                lines.stream()
                        .map(line -> line.replaceFirst("^(" + Q8_0 + "\\d+\t)\\d+", "$1999999999"))
                        .toList());
        assertThat(advise(cpuInfo)).hasValueSatisfying(advice -> {
            assertThat(advice.better()).isEqualTo(WeightType.Q4_0);
            assertThat(advice.current()).isEqualTo("Q8_0");
        });
        Files.writeString(cpuInfo, "model name\t: one\ncpu MHz\t: 2\n");
        assertThat(advise(cpuInfo)).as("after a change of the clock rate").isPresent();
        Files.writeString(cpuInfo, "model name\t: other\n");
        advise(cpuInfo);
        assertThat(cached()).as("for two processors").hasSize(2);
    }

    @Test
    void damagedCacheIsMeasuredAgain() throws Exception {
        advise(cpuInfo);
        Path file = cached().getFirst();
        Files.writeString(file, "kernel\tx\n");
        advise(cpuInfo);
        assertThat(Files.readAllLines(file)).allMatch(line -> line.matches("kernel\t\\d+\t\\d+\t\\d+\t(true|false)"));
    }

    @Test
    void smallModelIsNotMeasured() throws Exception {
        assertThat(new WeightAdvisor(command, () -> Long.MAX_VALUE).advise(demo))
                .isEmpty();
        assertThat(folder.resolve("home/kernels")).doesNotExist();
    }

    @Test
    void nothingIsMeasuredWithoutMemory() {
        WeightAdvisor advisor = new WeightAdvisor(command, () -> 1L << 20, cpuInfo, 0);
        assertThatThrownBy(() -> advisor.advise(demo))
                .isInstanceOf(QuantizeException.class)
                .hasMessageContaining("1 MiB are available");
        assertThat(folder.resolve("home/kernels")).isEmptyDirectory();
    }

    private Optional<WeightAdvice> advise(Path processor) throws InterruptedException {
        return new WeightAdvisor(command, () -> Long.MAX_VALUE, processor, 0).advise(demo);
    }

    private List<Path> cached() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("home/kernels"))) {
            return files.collect(Collectors.toList());
        }
    }
}
