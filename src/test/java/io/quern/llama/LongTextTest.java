package io.quern.llama;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class LongTextTest {
    private static final int PART = LongText.PART_BYTES;

    private final LongText texts = new LongText(List.of(bytes("<|end|>"), bytes("<|e"), bytes("nd|><"), bytes("")));

    @Test
    void textWithoutControlTokensIsWhole() {
        assertThat(texts.cuts(bytes("<".repeat(3 * PART)))).containsExactly(3 * PART);
        assertThat(texts.cuts(bytes("a"))).containsExactly(1);
    }

    @Test
    void textIsCutBeforeAControlToken() {
        String text = "a".repeat(PART + 3) + "<|end|>" + "b".repeat(10);
        assertThat(texts.cuts(bytes(text))).containsExactly(PART + 3, text.length());
        LongText one = new LongText(List.of(bytes("<|end|>")));
        String many = "<|end|>".repeat(PART);
        assertThat(one.cuts(bytes(many))).hasSizeGreaterThan(2).allMatch(end -> end % 7 == 0);
    }

    @Test
    void textIsNotCutInsideAControlTokenOrAfterSpace() {
        assertThat(texts.cuts(bytes("a".repeat(PART) + " <|end|>"))).containsExactly(PART + 8);
        // nd|>< reaches over the beginning of <|e
        assertThat(texts.cuts(bytes("a".repeat(PART) + "nd|><|e"))).containsExactly(PART, PART + 7);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
