package io.quern.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quern.device.Device;
import io.quern.device.HostFacts;
import io.quern.model.ModelMemory;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GivenAssumptionsTest {
    private static final HostFacts HOST =
            new HostFacts("linux", "amd64", "glibc", 2, 1L << 30, List.of(0), false, "", List.of(), 1.5, true, true);
    private static final ModelMemory MODEL = new ModelMemory(100, 80, 1, 0, 1024, 1, 1, 1, false, 1, 1, 1);

    @Test
    void machineIsAssumed() {
        HostFacts host = given(Map.of("cpus", "63.5", "memory", "256G", "numa-nodes", "2"))
                .in(HOST);
        assertThat(host.cpusText()).isEqualTo("63.5 cores");
        assertThat(host.cores()).isEqualTo(64);
        assertThat(host.memoryText()).isEqualTo("256 GiB");
        assertThat(host.numaNodes()).containsExactly(0, 1);
        assertThat(given(Map.of()).in(HOST)).isEqualTo(HOST);
    }

    @Test
    void weightsAreScaled() {
        assertThat(given(Map.of("weights", "1K")).in(MODEL))
                .returns(1024L, ModelMemory::weights)
                .returns(819L, ModelMemory::quantised);
        assertThat(given(Map.of()).in(MODEL)).isEqualTo(MODEL);
    }

    @Test
    void severalDevicesAreAssumed() {
        assertThat(given(Map.of("devices", "2", "device-memory", "80G"))
                        .devices()
                        .orElseThrow()
                        .accelerators())
                .extracting(Device::id, Device::memoryTotalBytes)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("GPU-assumed-0", 80L << 30),
                        org.assertj.core.groups.Tuple.tuple("GPU-assumed-1", 80L << 30));
        assertThat(given(Map.of()).devices()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            cpus          | 0     | --set cpus must be a positive number such as 0.5 or 8, but is 0
            cpus          | NaN   | --set cpus must be a positive number such as 0.5 or 8, but is NaN
            cpus          | many  | --set cpus must be a positive number such as 0.5 or 8, but is many
            memory        | 0     | --set memory must be a size such as 512M or 16G, but is 0
            memory        | large | --set memory must be a size such as 512M or 16G, but is large
            numa-nodes    | two   | --set numa-nodes must be a number, but is two
            numa-nodes    | -1    | --set numa-nodes must not be negative, but is -1
            """)
    void wrongValuesAreRefused(String key, String value, String message) {
        GivenAssumptions given = given(Map.of(key, value));
        assertThatThrownBy(() -> given.in(HOST))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    void noDevicesAreRefused() {
        GivenAssumptions given = given(Map.of("devices", "0"));
        assertThatThrownBy(given::devices).hasMessage("--set devices must be at least 1, but is 0");
    }

    private static GivenAssumptions given(Map<String, String> values) {
        return new GivenAssumptions(null, values);
    }
}
