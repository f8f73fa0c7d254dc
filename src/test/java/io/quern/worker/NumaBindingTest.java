package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.quern.StartsProcesses;
import io.quern.TestModels;
import io.quern.wire.WorkerSettings;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@StartsProcesses
class NumaBindingTest {
    private static final Path NODE_0 = Path.of("/sys/devices/system/node/node0");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "3                          | 3",
                "00000000,00000003          | 3",
                "ff,00000000,00000003       | ff0000000000000003",
                "80000000,00000000          | 8000000000000000",
                "00000000                   | 0",
            })
    void masksAreReadInTheKernelsFormat(String words, String hex) {
        assertThat(NumaBinding.mask(words + "\n").toString(16)).isEqualTo(hex);
    }

    @Test
    void masksArePassedInTheKernelsFormat() {
        try (Arena arena = Arena.ofConfined()) {
            assertThat(NumaBinding.bits(NumaBinding.mask("3"), arena).toArray(ValueLayout.JAVA_LONG))
                    .containsExactly(3);
            assertThat(NumaBinding.bits(NumaBinding.mask("ff,80000000,00000003"), arena)
                            .toArray(ValueLayout.JAVA_LONG))
                    .containsExactly(0x80000000_00000003L, 0xff);
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void boundWorkerUsesItsNodesProcessorsAndMemory() throws Exception {
        assumeThat(NODE_0).as("this kernel has no NUMA support").exists();
        WorkerSettings.Builder settings = WorkerProcess.settings(TestModels.demo(), 1);
        settings.getComputationBuilder().setNumaNode(0);
        try (WorkerProcess worker = WorkerProcess.startReady(settings)) {
            Path process = Path.of("/proc", Long.toString(worker.process.pid()));
            var allowed = NumaBinding.mask(Files.readString(NODE_0.resolve("cpumap")))
                    .and(NumaBinding.mask(status(Path.of("/proc/self"), "Cpus_allowed")));
            List<Path> threads;
            try (Stream<Path> tasks = Files.list(process.resolve("task"))) {
                threads = tasks.toList();
            }
            assertThat(threads).hasSizeGreaterThan(3).allSatisfy(thread -> assertThat(
                            NumaBinding.mask(status(thread, "Cpus_allowed")))
                    .isEqualTo(allowed));
            // only the session's threads; earlier threads of the JVM have no policy
            List<Path> session = new ArrayList<>();
            for (Path thread : threads) {
                if (Files.readString(thread.resolve("comm")).startsWith("worker")) {
                    session.add(thread);
                }
            }
            assertThat(session).hasSizeGreaterThan(1).allSatisfy(thread -> assertThat(
                            Files.readAllLines(thread.resolve("numa_maps")))
                    .isNotEmpty()
                    .allSatisfy(line -> assertThat(line).containsPattern(" bind:0( |$)")));
            assertThat(Files.readString(process.resolve("maps")))
                    .as("mapped pages of the model's file may be on any node")
                    .doesNotContain(".gguf");
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void missingNodeEndsTheWorkerWithOneLine() throws Exception {
        WorkerSettings.Builder settings = WorkerProcess.settings(TestModels.demo(), 1);
        settings.getComputationBuilder().setNumaNode(1023);
        try (WorkerProcess worker = WorkerProcess.start(settings)) {
            assertThat(worker.awaitExit()).as(worker.log()).isEqualTo(WorkerMain.EXIT_CANNOT_SERVE);
            assertThat(worker.fatal.get(60, TimeUnit.SECONDS))
                    .isEqualTo("cannot bind to NUMA node 1023: this node does not exist");
        }
    }

    private static String status(Path process, String field) throws Exception {
        return Files.readAllLines(process.resolve("status")).stream()
                .filter(line -> line.startsWith(field + ":"))
                .findFirst()
                .orElseThrow()
                .substring(field.length() + 1)
                .strip();
    }
}
