package io.quern.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.TestModels;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class KernelsTest {
    @ParameterizedTest
    @CsvSource({
        "false, true, false, X86",
        "false, true, true, AMX",
        "false, false, false, OTHER",
        "true, true, true, GPU",
        "true, false, false, GPU",
    })
    void machineDecides(boolean onGpu, boolean x86, boolean amx, Kernels kernels) {
        assertThat(Kernels.of(onGpu, x86, amx)).isEqualTo(kernels);
    }

    @ParameterizedTest
    @EnumSource(names = {"MAMBA2", "LFM2"})
    void amxIsWrongForRecurrentModels(TinyModel model) {
        assertThat(Kernels.AMX.areWrongFor(GgufMetadata.read(model.file()))).isTrue();
        assertThat(Kernels.X86.areWrongFor(GgufMetadata.read(model.file()))).isFalse();
    }

    @Test
    void amxIsRightForOthers() {
        assertThat(Kernels.AMX.areWrongFor(GgufMetadata.read(TestModels.demo())))
                .isFalse();
        assertThat(Kernels.AMX.areWrongFor(GgufMetadata.read(TinyModel.GEMMA3.file())))
                .isFalse();
        assertThat(Kernels.AMX.areWrongFor(GgufMetadata.read(TinyModel.OLMOE.file())))
                .as("experts are not multiplied at once")
                .isFalse();
    }
}
