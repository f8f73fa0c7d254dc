package io.quern.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.quern.TestConfig;
import io.quern.TestModels;
import io.quern.home.HomeConfig;
import io.quern.home.QuernHome;
import io.quern.store.ModelStore;
import io.quern.store.StoreConfig;
import io.quern.store.StoreException;
import io.quern.tools.CallFormat;
import io.quern.tools.ReasoningFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServedModelTest {
    private static final TemplateConfig CONFIG = new FixedTemplateConfig(Duration.ofMinutes(1), 1 << 20, 1);
    private static final List<ChatMessage> HI = List.of(new ChatMessage("user", "Hi"));

    @TempDir
    Path folder;

    @Test
    void withoutConfiguredModelDemoIsServed() {
        ServedModel model = unopened("demo", null);
        model.open(ServedModelTest::home);
        assertThat(model.id()).isEqualTo("demo");
        assertThat(model.metadata().architecture()).hasValue("llama");
        assertThat(model.file()).isRegularFile();
        assertThat(TestConfig.of(ModelConfig.class, Map.of()).model()).isEqualTo("demo");
    }

    @ParameterizedTest
    @CsvSource({
        "PT0S, 1, 1, quern.template.timeout is PT0S; it must be at least 1 ms",
        "PT1S, 0, 1, quern.template.max-output is 0; it must be at least 1",
        "PT1S, 1, 0, quern.template.threads is 0; it must be at least 1",
    })
    void invalidLimitIsRefusedByItsKey(Duration timeout, int output, int threads, String message) {
        ServedModel model = new ServedModel(null, new FixedTemplateConfig(timeout, output, threads), store());
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> model.open(ServedModelTest::home))
                .withMessage(message);
    }

    @Test
    void brokenModelIsOneClearMessage() throws IOException {
        Path file = Files.writeString(folder.resolve("cat.gguf"), "\u0089PNG");
        assertThatExceptionOfType(ModelFileException.class)
                .isThrownBy(() -> opened(file, null))
                .withMessageStartingWith("Cannot use model " + file + ": it is not a GGUF model");
        ServedModel noPath = unopened("a\0b", null);
        assertThatExceptionOfType(ModelFileException.class)
                .isThrownBy(() -> noPath.open(ServedModelTest::home))
                .withMessageContaining("quern.model: it is not a valid path");
    }

    @Test
    void modelThatWasNotDownloadedIsRefusedWithTheCommand() {
        assertThatExceptionOfType(StoreException.class)
                .isThrownBy(() -> unopened("hf:nobody/nothing:Q8_0", null).open(ServedModelTest::home))
                .withMessageContaining("it has not been downloaded to ")
                .withMessageContaining("Run: quern pull hf:nobody/nothing:Q8_0");
        assertThatExceptionOfType(ModelFileException.class)
                .isThrownBy(() -> unopened("nobody/nothing:Q8_0", null).open(ServedModelTest::home))
                .withMessageContaining("If a repository of the hub is meant, write hf:nobody/nothing:Q8_0");
    }

    @Test
    void modelThatGeneratesNoTextIsRefused() throws IOException {
        Path file = write(bare().bool("llama.attention.causal", false));
        assertThatExceptionOfType(ModelFileException.class)
                .isThrownBy(() -> opened(file, null))
                .withMessageStartingWith("Cannot use model " + file + ": it is an embedding or reranking model");
    }

    @Test
    void nameIsConfiguredOrFromFile() throws IOException {
        Path file = write(GgufFixture.complete());
        Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2026-01-02T03:04:05Z")));
        ServedModel model = opened(file, null);

        assertThat(model.id()).isEqualTo("Tiny.Q4_0");
        assertThat(model.file()).isEqualTo(file.toAbsolutePath());
        assertThat(model.created()).isEqualTo("2026-01-02T03:04:05Z");
        assertThat(model.metadata().name()).hasValue("Tiny");
        assertThat(opened(file, "my-model").id()).isEqualTo("my-model");
    }

    @Test
    void unopenedModelRefusesQueries() {
        ServedModel model = unopened("demo", null);
        assertThatIllegalStateException().isThrownBy(model::id);
        assertThatIllegalStateException().isThrownBy(() -> model.renderChat(HI));
    }

    @Test
    void rendersWithTemplateOfModelOrChatMl() throws IOException {
        assertThat(opened(write(GgufFixture.complete()), null).renderChat(HI).text())
                .isEqualTo("Hi");
        assertThat(opened(write(bare()), null).renderChat(HI).text())
                .isEqualTo("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
    }

    @Test
    void unparsableTemplateRefusesOnlyChats() throws IOException {
        ServedModel model = opened(write(bare().text("tokenizer.chat_template", "{% if")), null);

        assertThat(model.id()).isEqualTo("Tiny.Q4_0");
        assertThatExceptionOfType(ChatTemplateException.class)
                .isThrownBy(() -> model.renderChat(HI))
                .withMessageContaining("line 1");
    }

    @Tag(TestModels.SMOLLM2)
    @Test
    void smolLm2UsesItsOwnSystemPrompt() {
        ServedModel model = opened(TestModels.smolLm2(), null);

        assertThat(model.id()).isEqualTo("SmolLM2-135M-Instruct.Q4_1");
        assertThat(model.renderChat(HI).text()).startsWith("<|im_start|>system\nYou are a helpful AI assistant");
        assertThat(model.renderChat(HI).addSpecialTokens()).isFalse();
    }

    @Test
    void everyTemplateKeyIsRead() {
        TemplateConfig defaults = TestConfig.of(TemplateConfig.class, Map.of());
        assertThat(defaults.timeout()).isEqualTo(Duration.ofSeconds(2));
        assertThat(defaults.maxOutput()).isEqualTo(16 << 20);
        assertThat(defaults.threads()).isEqualTo(4);

        TemplateConfig set = TestConfig.of(
                TemplateConfig.class,
                Map.of(
                        "quern.template.timeout",
                        "PT3S",
                        "quern.template.max-output",
                        "1000",
                        "quern.template.threads",
                        "7"));
        assertThat(set.timeout()).isEqualTo(Duration.ofSeconds(3));
        assertThat(set.maxOutput()).isEqualTo(1000);
        assertThat(set.threads()).isEqualTo(7);
    }

    private Path write(GgufFixture fixture) throws IOException {
        return Files.write(folder.resolve("Tiny.Q4_0.gguf"), fixture.bytes());
    }

    /** The smallest model that is served. */
    private static GgufFixture bare() {
        return new GgufFixture().text("general.architecture", "llama").tensor("output.weight", GgufFixture.F32, 4, 1);
    }

    private static ServedModel served(Path file, String name) {
        return unopened(file.toString(), name);
    }

    private static ServedModel unopened(String model, String modelName) {
        return new ServedModel(
                new FixedModelConfig(model, Optional.ofNullable(modelName), CallFormat.AUTO, ReasoningFormat.AUTO),
                CONFIG,
                store());
    }

    private static ModelStore store() {
        return new ModelStore(TestConfig.of(StoreConfig.class, Map.of()), TestConfig.of(HomeConfig.class, Map.of()));
    }

    private static QuernHome home() {
        return QuernHome.locate(TestConfig.of(HomeConfig.class, Map.of()));
    }

    private record FixedModelConfig(
            String model, Optional<String> modelName, CallFormat toolParser, ReasoningFormat reasoningParser)
            implements ModelConfig {}

    private static ServedModel opened(Path file, String name) {
        ServedModel model = served(file, name);
        model.open(ServedModelTest::home);
        return model;
    }
}
