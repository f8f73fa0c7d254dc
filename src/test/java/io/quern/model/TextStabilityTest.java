package io.quern.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.TestModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TextStabilityTest {
    private static final int F16 = 1;
    private static final int Q4_K = 12;

    @TempDir
    Path folder;

    @Test
    void demoIsStable() {
        assertThat(TextStability.of(GgufMetadata.read(TestModels.demo())).stable())
                .isTrue();
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "OLMOE")
    void modelsWithOtherMemoryAreStable(TinyModel model) {
        assertThat(TextStability.of(GgufMetadata.read(model.file())).reasons()).isEmpty();
    }

    @Test
    void floatRouterIsUnstable() {
        TextStability olmoe = TextStability.of(GgufMetadata.read(TinyModel.OLMOE.file()));
        assertThat(olmoe.stable()).isFalse();
        assertThat(olmoe.reasons()).singleElement().asString().startsWith("the router of a mixture of experts");
    }

    @Test
    void unmeasuredWeightsAreUnstable() throws IOException {
        TextStability mixed = of(new GgufFixture()
                .text("general.architecture", "llama")
                .tensorAt("token_embd.weight", Q4_K, 0, 256, 1)
                .tensorAt("blk.0.attn_q.weight", F16, 160, 32, 1)
                .tensorAt("blk.0.attn_norm.weight", GgufFixture.F32, 224, 8)
                .tensor("end", GgufFixture.F32, 1024, 256));
        assertThat(mixed.reasons()).singleElement().asString().startsWith("weights of type F16, Q4_K are");
    }

    @Test
    void randomisedArchitectureIsUnstable() throws IOException {
        TextStability rwkv = of(new GgufFixture().text("general.architecture", "rwkv7"));
        assertThat(rwkv.reasons()).containsExactly("llama.cpp computes rwkv7 differently each time");
    }

    private TextStability of(GgufFixture model) throws IOException {
        return TextStability.of(GgufMetadata.read(Files.write(folder.resolve("model.gguf"), model.bytes())));
    }
}
