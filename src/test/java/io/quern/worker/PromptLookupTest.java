package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class PromptLookupTest {
    @Test
    void draftIsWhatFollowedTheLastThreeTokens() {
        PromptLookup lookup = new PromptLookup(new int[] {1, 2, 3, 4, 5, 6, 1, 2});
        assertThat(lookup.draft(3)).as("two tokens are too few").isEmpty();
        lookup.add(3);
        assertThat(lookup.draft(3)).containsExactly(4, 5, 6);
        lookup.add(4);
        assertThat(lookup.draft(3)).containsExactly(5, 6, 1);
        lookup.add(9);
        assertThat(lookup.draft(3)).isEmpty();
    }

    @Test
    void latestOccurrenceCounts() {
        PromptLookup lookup = new PromptLookup(new int[] {1, 2, 3, 4, 1, 2, 3, 5, 1, 2, 3});
        assertThat(lookup.draft(1)).containsExactly(5);
    }

    @Test
    void textThatRepeatsItselfGoesOn() {
        PromptLookup lookup = new PromptLookup(new int[] {7, 1, 2, 1, 2, 1});
        assertThat(lookup.draft(7)).containsExactly(2, 1, 2, 1, 2, 1, 2);
        assertThat(new PromptLookup(new int[] {4, 4, 4, 4}).draft(4)).containsExactly(4, 4, 4, 4);
    }

    @Test
    void draftsArePromisingAfterSomeWereRight() {
        PromptLookup lookup = new PromptLookup(new int[0]);
        assertThat(lookup.expected(3)).as("nothing is known").isBetween(1.0, 1.5);
        for (int i = 0; i < 100; i++) {
            lookup.add(i % 5);
        }
        assertThat(lookup.expected(7)).isBetween(7.5, 8.0);
        for (int i = 0; i < 100; i++) {
            // three tokens occur again, and what follows is always new
            lookup.add(i % 4 == 3 ? 1000 + i : i % 4);
        }
        assertThat(lookup.expected(7)).isBetween(1.0, 3.5);
    }

    @Test
    void manyTokensWithTheSamePlacesGiveNoWrongMatch() {
        Random random = new Random(3);
        int[] tokens = random.ints(50_000, 0, 200_000).toArray();
        PromptLookup lookup = new PromptLookup(tokens);
        for (int i = 0; i < 1000; i++) {
            lookup.add(200_000 + i);
            assertThat(lookup.draft(4)).isEmpty();
        }
        lookup.add(tokens[49_990]);
        lookup.add(tokens[49_991]);
        lookup.add(tokens[49_992]);
        assertThat(lookup.draft(2)).containsExactly(tokens[49_993], tokens[49_994]);
    }
}
