package io.quern.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that hold for every model whose tokenizer covers all bytes. The subclasses name models. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class VocabularyContract {
    private final Path file;
    protected LlamaModel model;
    protected Vocabulary vocabulary;

    VocabularyContract(Path file) {
        this.file = file;
    }

    @BeforeAll
    void load() {
        LlamaLibrary library = LlamaLibrary.load(TestNatives.folder(), false, LogLevel.ERROR, (level, line) -> {});
        assertThat(library.version()).startsWith(LlamaLibrary.EXPECTED_VERSION);
        assertThat(library.devices()).anyMatch(device -> device.type() == LlamaDevice.Type.CPU);
        model = LlamaModel.load(library, file, true, done -> assertThat(done).isBetween(0.0, 1.0));
        vocabulary = model.vocabulary();
    }

    @AfterAll
    void close() {
        if (model != null) {
            model.close();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Hello, world.",
                "  two  blanks\n\nand lines\t",
                "漢字と仮名",
                "family: 👨‍👩‍👧‍👦 flag: 🇩🇪",
                "a NUL \0 in the middle",
                "\uFFFD"
            })
    void textSurvivesTokenisation(String text) {
        int[] tokens = vocabulary.tokenize(text.getBytes(StandardCharsets.UTF_8), false);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int token : tokens) {
            bytes.writeBytes(vocabulary.bytes(token));
        }
        assertThat(bytes.toString(StandardCharsets.UTF_8)).isEqualTo(text);
    }

    @Test
    void controlTokensInTextAreOneTokenEach() {
        int[] tokens = vocabulary.tokenize("<|im_end|>".getBytes(StandardCharsets.UTF_8), false);
        assertThat(tokens).hasSize(1);
        assertThat(vocabulary.isEndOfGeneration(tokens[0])).isTrue();
        assertThat(vocabulary.bytes(tokens[0])).isEmpty();
    }

    @Test
    void emptyTextHasNoTokens() {
        assertThat(vocabulary.tokenize(new byte[0], false)).isEmpty();
    }

    @Test
    void noTokenIsLongerThanLongestPiece() {
        int longest = vocabulary.longestPiece();
        for (int token = 0; token < vocabulary.size(); token++) {
            assertThat(vocabulary.bytes(token).length).isLessThanOrEqualTo(longest);
        }
    }

    @Test
    void tokenOutsideVocabularyIsRefused() {
        assertThatThrownBy(() -> vocabulary.bytes(vocabulary.size())).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> vocabulary.isEndOfGeneration(-1)).isInstanceOf(IllegalArgumentException.class);
    }
}
