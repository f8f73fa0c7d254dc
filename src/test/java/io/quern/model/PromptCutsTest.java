package io.quern.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.TestModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class PromptCutsTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({
        "2, 1, true, 2", // Q4_0
        "3, 1, true, 2", // Q4_1
        "8, 1, true, 2", // Q8_0
        "1, 2, false, 2", // F16
        "30, 2, false, 2", // BF16
        "12, 4, false, 4", // Q4_K
        "23, 8, false, 8", // IQ4_XS
    })
    void weightsDecide(int type, int multiple, boolean singleRows, int withoutFlash) throws IOException {
        GgufMetadata model = of(type);
        assertThat(PromptCuts.of(model, Kernels.X86, true)).isEqualTo(new PromptCuts(multiple, singleRows));
        assertThat(PromptCuts.of(model, Kernels.X86, false)).isEqualTo(new PromptCuts(withoutFlash, false));
    }

    @Test
    void demoMayBeCutAnywhere() {
        assertThat(PromptCuts.of(GgufMetadata.read(TestModels.demo()), Kernels.X86, true))
                .isEqualTo(new PromptCuts(1, true));
        assertThat(PromptCuts.of(GgufMetadata.read(TinyModel.GEMMA3.file()), Kernels.X86, true))
                .isEqualTo(new PromptCuts(1, true));
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "GEMMA3")
    void recurrentModelsAndExpertsAreCutWithCaution(TinyModel model) {
        assertThat(PromptCuts.of(GgufMetadata.read(model.file()), Kernels.X86, true))
                .isEqualTo(PromptCuts.CAUTIOUS);
    }

    @ParameterizedTest
    @CsvSource({
        "2, 32, 1, true", // Q4_0
        "12, 32, 1, true", // Q4_K
        "12, 33, 4, false",
        "23, 32, 1, true", // IQ4_XS
        "1, 32, 1, true", // F16
        "1, 40, 2, false",
        "30, 32, 2, false", // BF16
        "10, 32, 4, false", // Q2_K
    })
    void matricesInTilesMayBeCutAnywhere(int type, int rows, int multiple, boolean singleRows) throws IOException {
        assertThat(PromptCuts.of(of(type, 256, rows), Kernels.AMX, true))
                .isEqualTo(new PromptCuts(multiple, singleRows));
    }

    @Test
    void nothingIsInTilesIfSomeMatricesAreMultipliedAtOnce() throws IOException {
        assertThat(PromptCuts.of(of(12, 256, 32, 2), Kernels.AMX, true)).isEqualTo(new PromptCuts(4, false));
    }

    @Test
    void otherKernelsAreCutWithCaution() throws IOException {
        assertThat(PromptCuts.of(of(2), Kernels.GPU, true)).isEqualTo(PromptCuts.CAUTIOUS);
        assertThat(PromptCuts.of(of(2), Kernels.OTHER, true)).isEqualTo(PromptCuts.CAUTIOUS);
    }

    private GgufMetadata of(int type) throws IOException {
        return of(type, 256, 1);
    }

    private GgufMetadata of(int type, long... dimensions) throws IOException {
        Path file = folder.resolve("model.gguf");
        Files.write(
                file,
                new GgufFixture()
                        .text("general.architecture", "llama")
                        .tensorAt("blk.0.attn_q.weight", type, 0, dimensions)
                        .tensor("end", GgufFixture.F32, 65536, 256)
                        .bytes());
        return GgufMetadata.read(file);
    }
}
