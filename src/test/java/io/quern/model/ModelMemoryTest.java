package io.quern.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.quern.TestModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelMemoryTest {
    private static final double MIB = 1 << 20;

    /** SmolLM2-135M's figures, so that this holds without the file. */
    private static final ModelMemory SMOLLM2 =
            new ModelMemory(98_362_432, 90_000_000, 23_040, 8192, 9, 576, 1536, 49_152, 162);

    @TempDir
    Path folder;

    @Test
    void theDemoModelsFiguresComeFromItsFile() {
        ModelMemory demo = ModelMemory.of(GgufMetadata.read(TestModels.demo()));
        assertThat(demo.cachePerToken())
                .as("4 layers, 4 heads, twice 64 elements of 2 bytes")
                .isEqualTo(4 * 4 * 128 * 2);
        assertThat(demo.defaultContext()).isEqualTo(1024);
        assertThat(demo.cache(4, 1024) / MIB).as("as llama.cpp says").isEqualTo(16.0);
        assertThat(demo.weights()).isEqualTo(TestModels.demo().toFile().length());
        assertThat(demo.longestToken()).isBetween(8L, 64L);
        assertThat(demo.quantised()).isBetween(demo.weights() / 2, demo.weights());
    }

    @Test
    void whatLlamaCppHasMeasuredIsNotUnderestimatedNorFarOff() {
        // "KV buffer size", and "compute buffer size" with "output buffer size", of v0.5.0
        assertThat(SMOLLM2.cache(4, 4096) / MIB).isEqualTo(360.0);
        assertThat(SMOLLM2.cache(4, 300) / MIB).as("in steps of 256 tokens").isEqualTo(45.0);
        assertThat(SMOLLM2.buffers(4, 4096, true) / MIB).isBetween(18.26, 20.0);
        assertThat(SMOLLM2.buffers(1, 512, true) / MIB).isBetween(14.2, 16.0);
        assertThat(SMOLLM2.buffers(4, 4096, false) / MIB).isBetween(87.13, 100.0);
        assertThat(SMOLLM2.buffers(8, 2048, false) / MIB).isBetween(47.88, 60.0);
    }

    @Test
    void copiesOfStatesTakeAnEighthMoreThanTheCache() {
        assertThat(SMOLLM2.states(4, 4096) / MIB).isEqualTo(405.0, within(0.1));
    }

    @Test
    void headsThatDifferByLayerAreAdded() throws IOException {
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
    void lengthsOfKeyAndValueOfTheirOwnCount() throws IOException {
        Path file = write(
                GgufFixture.complete().u32("llama.attention.key_length", 576).u32("llama.attention.value_length", 512));
        assertThat(ModelMemory.of(GgufMetadata.read(file)).cachePerToken()).isEqualTo(2 * 2 * (576 + 512) * 2);
    }

    @Test
    void aFileThatTellsNothingNeedsItsWeightsAlone() throws IOException {
        Path file =
                write(new GgufFixture().text("general.architecture", "mamba").tensor("a", GgufFixture.F32, 256, 64));
        ModelMemory model = ModelMemory.of(GgufMetadata.read(file));
        assertThat(model.cache(4, 4096)).isZero();
        assertThat(model.defaultContext()).isEqualTo(4096);
        assertThat(model.quantised()).isZero();
    }

    @Test
    void absurdFiguresDoNotWrapAround() throws IOException {
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
