package io.quern.model;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ServableModelTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource
    void modelsThatGenerateTextAreServed(TinyModel model) {
        assertThatNoException().isThrownBy(() -> ServableModel.check(model.file(), GgufMetadata.read(model.file())));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "bert | is an embedding or reranking model (architecture bert), which generates no text",
                "nomic-bert-moe | is an embedding or reranking model (architecture nomic-bert-moe)",
                "t5 | is an encoder-decoder model",
                "t5encoder | is an embedding or reranking model",
                "dream | generates by diffusion (dream)",
                "eagle3 | only drafts for another model (eagle3)",
                "clip | is the part of a model that reads images or sound (mmproj)",
                "controlvector | is an adapter",
            })
    void architectureThatGeneratesNoTextIsRefused(String architecture, String problem) throws IOException {
        refused(weights(new GgufFixture().text("general.architecture", architecture)), problem);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "adapter | is an adapter (LoRA or control vector), which only changes another model",
                "imatrix | is an importance matrix",
                "mmproj | is the part of a model that reads images or sound",
            })
    void fileOfAnotherTypeIsRefused(String type, String problem) throws IOException {
        refused(weights(new GgufFixture().text("general.type", type).text("general.architecture", "llama")), problem);
    }

    @Test
    void nonCausalModelIsRefused() throws IOException {
        refused(
                weights(new GgufFixture().text("general.architecture", "llama").bool("llama.attention.causal", false)),
                "is an embedding or reranking model (llama.attention.causal is false), which generates no text. Quern"
                        + " does not serve embeddings. Set quern.model (QUERN_MODEL) to a model that generates text");
    }

    @Test
    void poolingModelIsRefused() throws IOException {
        refused(
                weights(new GgufFixture().text("general.architecture", "qwen3").u32("qwen3.pooling_type", 3)),
                "is an embedding or reranking model (qwen3.pooling_type is 3)");
        Path file = write(weights(new GgufFixture()
                .text("general.architecture", "qwen3")
                .u32("qwen3.pooling_type", 0)
                .bool("qwen3.attention.causal", true)));
        assertThatNoException().isThrownBy(() -> ServableModel.check(file, GgufMetadata.read(file)));
    }

    @Test
    void fileWithoutWeightsOrArchitectureIsRefused() throws IOException {
        refused(new GgufFixture().text("general.architecture", "llama"), "contains a vocabulary but no weights");
        refused(weights(new GgufFixture()), "does not name the architecture of its model");
    }

    private static GgufFixture weights(GgufFixture model) {
        return model.tensor("token_embd.weight", GgufFixture.F32, 256, 64);
    }

    private Path write(GgufFixture model) throws IOException {
        return Files.write(folder.resolve("model.gguf"), model.bytes());
    }

    private void refused(GgufFixture model, String problem) throws IOException {
        Path file = write(model);
        assertThatExceptionOfType(ModelFileException.class)
                .isThrownBy(() -> ServableModel.check(file, GgufMetadata.read(file)))
                .withMessageStartingWith("Cannot use model " + file + ": it " + problem);
    }
}
