package io.quern.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class PromptTextTest {
    private static final int TEMPLATE = 14;

    /** Counts as a small vocabulary does: a long word is several tokens. */
    private static int tokens(String text) {
        int tokens = TEMPLATE;
        for (String word : text.split(" ")) {
            tokens += (word.length() + 1) / 2;
        }
        return tokens;
    }

    @RepeatedTest(20)
    void promptsHaveAboutTheWantedTokensWhereWordsHaveSeveral(RepetitionInfo repetition) {
        long first = 1000L * repetition.getCurrentRepetition();
        PromptText prompts = PromptText.calibrated(
                tokens(PromptText.ofWords(1, first)), tokens(PromptText.ofWords(PromptText.ALL_WORDS, first + 1)));
        assertThat(LongStream.range(first, first + 6)
                        .mapToInt(number -> tokens(prompts.ofTokens(40, number)))
                        .average())
                .hasValueCloseTo(40.0, Offset.offset(5.0));
        assertThat(tokens(prompts.ofTokens(1000, first))).isBetween(990, 1010);
    }

    @Test
    void allWordsComeBeforeOneComesAgain() {
        assertThat(PromptText.ofWords(PromptText.ALL_WORDS, 7).split(" ")).doesNotHaveDuplicates();
        assertThat(PromptText.ofWords(3 * PromptText.ALL_WORDS, 7).split(" ")).hasSize(3 * PromptText.ALL_WORDS);
    }

    @Test
    void aServiceThatDoesNotCountGetsAboutAWordForEachToken() {
        assertThat(PromptText.calibrated(0, 0).words(110)).isEqualTo(100);
    }
}
