package io.quern.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NumaNodesTest {
    @TempDir
    Path root;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''             | {}",
                "0              | {0}",
                "0-3            | {0, 1, 2, 3}",
                "0-1,8          | {0, 1, 8}",
                "0-1,8-9,127    | {0, 1, 8, 9, 127}",
            })
    void kernelListsAreParsed(String list, String numbers) {
        assertThat(NumaNodes.parse(list + "\n")).hasToString(numbers);
    }

    @Test
    void nodesWithoutProcessorsOrMemoryDoNotCount() throws IOException {
        machine();
        write("proc/self/status", "Cpus_allowed_list:\t0-15\nMems_allowed_list:\t0-255\n");
        assertThat(NumaNodes.look(root)).containsExactly(0, 8);
    }

    @Test
    void nodesOutsideAllowedListsDoNotCount() throws IOException {
        machine();
        write("proc/self/status", "Cpus_allowed_list:\t0-15\nMems_allowed_list:\t8\n");
        assertThat(NumaNodes.look(root)).containsExactly(8);
        write("proc/self/status", "Cpus_allowed_list:\t2\nMems_allowed_list:\t0-255\n");
        assertThat(NumaNodes.look(root)).containsExactly(0);
    }

    @Test
    void withoutAllowedListsAllNodesCount() throws IOException {
        machine();
        assertThat(NumaNodes.look(root)).containsExactly(0, 8);
    }

    @Test
    void kernelWithoutNumaHasNoNodes() {
        assertThat(NumaNodes.look(root)).isEmpty();
    }

    /** Two nodes numbered as on POWER, one with only memory (252), and one with only processors (1). */
    private void machine() throws IOException {
        write("sys/devices/system/node/has_cpu", "0-1,8\n");
        write("sys/devices/system/node/has_memory", "0,8,252\n");
        write("sys/devices/system/node/node0/cpulist", "0-3\n");
        write("sys/devices/system/node/node1/cpulist", "8-11\n");
        write("sys/devices/system/node/node8/cpulist", "4-7,12-15\n");
        write("sys/devices/system/node/node252/cpulist", "\n");
    }

    private void write(String file, String text) throws IOException {
        Path path = root.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }
}
