package io.quern.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.quern.TestModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelMemoryTest {
    private static final double MIB = 1 << 20;

    /** The values of SmolLM2-135M, so that the test needs no file. */
    private static final ModelMemory SMOLLM2 =
            new ModelMemory(98_362_432, 90_000_000, 23_040, 0, 8192, 9, 576, 1536, false, 49_152, 162, 1);

    @TempDir
    Path folder;

    @Test
    void demoModelIsMeasuredFromItsFile() {
        ModelMemory demo = ModelMemory.of(GgufMetadata.read(TestModels.demo()));
        assertThat(demo.cachePerToken())
                .as("4 layers, 4 heads, twice 64 elements of 2 bytes")
                .isEqualTo(4 * 4 * 128 * 2);
        assertThat(demo.defaultContext()).isEqualTo(1024);
        assertThat(demo.cache(4, 1024) / MIB).as("as llama.cpp reports").isEqualTo(16.0);
        assertThat(demo.weights()).isEqualTo(TestModels.demo().toFile().length());
        assertThat(demo.longestToken()).isBetween(8L, 64L);
        assertThat(demo.quantised()).isBetween(demo.weights() / 2, demo.weights());
    }

    @Test
    void estimateIsCloseToMeasurementsOfLlamaCpp() {
        // "KV buffer size", and "compute buffer size" with "output buffer size", of v0.5.0
        assertThat(SMOLLM2.cache(4, 4096) / MIB).isEqualTo(360.0);
        assertThat(SMOLLM2.cache(4, 300) / MIB).as("in steps of 256 tokens").isEqualTo(45.0);
        assertThat(SMOLLM2.buffers(4, 4096, true) / MIB).isBetween(18.26, 20.0);
        assertThat(SMOLLM2.buffers(1, 512, true) / MIB).isBetween(14.2, 16.0);
        assertThat(SMOLLM2.buffers(4, 4096, false) / MIB).isBetween(87.13, 100.0);
        assertThat(SMOLLM2.buffers(8, 2048, false) / MIB).isBetween(47.88, 60.0);
    }

    @Test
    void statesTakeAnEighthMoreThanCache() {
        assertThat(SMOLLM2.states(4, 4096) / MIB).isEqualTo(405.0, within(0.1));
    }

    @Test
    void headsPerLayerAreAdded() throws IOException {
        Path file = write(new GgufFixture()
                .text("general.architecture", "llama")
                .u32("llama.block_count", 3)
                .u32("llama.embedding_length", 64)
                .u32("llama.attention.head_count", 4)
                .u32s("llama.attention.head_count_kv", 1, 0, 2));
        assertThat(ModelMemory.of(GgufMetadata.read(file)).cachePerToken())
                .as("3 heads in all, of 16 elements each for key and value")
                .isEqualTo(3 * 32 * 2);
    }

    @Test
    void separateKeyAndValueLengthsCount() throws IOException {
        Path file = write(
                GgufFixture.complete().u32("llama.attention.key_length", 576).u32("llama.attention.value_length", 512));
        assertThat(ModelMemory.of(GgufMetadata.read(file)).cachePerToken()).isEqualTo(2 * 2 * (576 + 512) * 2);
    }

    @Test
    void fileWithoutMetadataNeedsOnlyItsWeights() throws IOException {
        Path file =
                write(new GgufFixture().text("general.architecture", "mamba").tensor("a", GgufFixture.F32, 256, 64));
        ModelMemory model = ModelMemory.of(GgufMetadata.read(file));
        assertThat(model.cache(4, 4096)).isZero();
        assertThat(model.defaultContext()).isEqualTo(4096);
        assertThat(model.quantised()).isZero();
    }

    /**
     * Compares with the "KV", "RS" and "compute buffer size" of v0.5.0, for 4 slots of 512 tokens with flash attention.
     */
    @ParameterizedTest
    @CsvSource({"GEMMA3, 3.0, 0, 3.29", "MAMBA2, 0, 1.0703, 4.06", "LFM2, 1.0, 0.0156, 2.79", "OLMOE, 4.0, 0, 2.03"})
    void otherKindsOfMemoryMatchLlamaCpp(TinyModel model, double cache, double recurrent, double buffers) {
        ModelMemory memory = ModelMemory.of(GgufMetadata.read(model.file()));
        assertThat(memory.cache(4, 512) / MIB).isEqualTo(cache);
        assertThat(memory.recurrent(4) / MIB).isEqualTo(recurrent, within(0.001));
        assertThat(memory.states(4, 512) / MIB).isEqualTo((cache + recurrent) * 9 / 8, within(0.001));
        assertThat(memory.buffers(4, 512, true) / MIB).isBetween(buffers, buffers * 1.35);
    }

    @Test
    void hybridCachesOnlyItsAttentionLayers() throws IOException {
        Path file = write(new GgufFixture()
                .text("general.architecture", "qwen3next")
                .u32("qwen3next.block_count", 48)
                .u32("qwen3next.embedding_length", 2048)
                .u32("qwen3next.attention.head_count", 16)
                .u32("qwen3next.attention.head_count_kv", 2)
                .u32("qwen3next.attention.key_length", 256)
                .u32("qwen3next.attention.value_length", 256)
                .u32("qwen3next.ssm.conv_kernel", 4)
                .u32("qwen3next.ssm.inner_size", 4096)
                .u32("qwen3next.ssm.state_size", 128)
                .u32("qwen3next.ssm.group_count", 16));
        ModelMemory memory = ModelMemory.of(GgufMetadata.read(file));
        assertThat(memory.cachePerToken()).as("12 layers of 48").isEqualTo(12 * 2 * 512 * 2);
        assertThat(memory.recurrent(1)).as("the other 36").isEqualTo(36 * 4 * (3 * (4096 + 4096) + 128 * 4096));
    }

    @Test
    void absurdMetadataDoNotOverflow() throws IOException {
        Path file = write(new GgufFixture()
                .text("general.architecture", "llama")
                .u32("llama.block_count", -1)
                .u32("llama.embedding_length", -1)
                .u32("llama.attention.head_count", 1));
        ModelMemory model = ModelMemory.of(GgufMetadata.read(file));
        assertThat(model.cachePerToken()).isPositive();
        assertThat(model.cache(256, Integer.MAX_VALUE)).isEqualTo(Long.MAX_VALUE);
    }

    private Path write(GgufFixture fixture) throws IOException {
        return Files.write(folder.resolve("model.gguf"), fixture.bytes());
    }
}
