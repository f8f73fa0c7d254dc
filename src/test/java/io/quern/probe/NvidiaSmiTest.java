package io.quern.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.quern.device.Device;
import io.quern.device.Vendor;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class NvidiaSmiTest {

    @Test
    void unknownFieldsOfToolAreEmpty() throws IOException {
        assertThat(NvidiaSmi.parse("GPU-1, NVIDIA GH200, [N/A], [Unknown Error], 9.0, 570.1, [Not Supported]\n"))
                .containsExactly(new Found(
                        new Device(
                                Vendor.NVIDIA,
                                "GPU-1",
                                "NVIDIA GH200",
                                0,
                                0,
                                "9.0",
                                "570.1",
                                false,
                                true,
                                "nvidia-smi"),
                        0));
    }

    @Test
    void gpusAreCountedInTheirOrder() throws IOException {
        assertThat(NvidiaSmi.parse("GPU-1, a, 1, 1, 9.0, 5, Enabled\n\nGPU-2, b, 1, 1, 9.0, 5, Disabled\n"))
                .extracting(Found::number, found -> found.device().mig())
                .containsExactly(tuple(0, true), tuple(1, false));
    }

    @Test
    void hostWithoutGpuIsNoError() throws IOException {
        assertThat(NvidiaSmi.parse("\n")).isEmpty();
    }

    @Test
    void unexpectedOutputIsRefused() {
        assertThatThrownBy(() -> NvidiaSmi.parse("No devices were found"))
                .isInstanceOf(IOException.class)
                .hasMessage("printed an unexpected line: No devices were found");
        assertThatThrownBy(() -> NvidiaSmi.parse("GPU-1, a, much, 1, 9.0, 5, Enabled"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("much");
    }
}
