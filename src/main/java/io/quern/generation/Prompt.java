package io.quern.generation;

import java.util.List;
import java.util.Objects;

/** What the model continues: a text, or tokens of the model's vocabulary. */
public sealed interface Prompt {
    /** A prompt of so many tokens takes a processor seconds. */
    int LONG = 1024;

    /** Characters of a token in most languages with Latin letters. */
    int CHARACTERS_PER_TOKEN = 4;

    /** Returns whether it takes long to compute, as far as that shows without a tokenizer. */
    boolean isLong();

    /**
     * The text for the model, with control tokens written the way the vocabulary spells them.
     *
     * @param addSpecialTokens whether the tokenizer prepends the model's own leading tokens (BOS); false if a chat
     *     template has written them
     */
    record Text(String text, boolean addSpecialTokens) implements Prompt {
        public Text {
            Objects.requireNonNull(text);
        }

        @Override
        public boolean isLong() {
            return text.length() >= LONG * CHARACTERS_PER_TOKEN;
        }
    }

    /** The tokens themselves. Nothing is added to them. The worker refuses tokens that are not in the vocabulary. */
    record Tokens(List<Integer> tokens) implements Prompt {
        public Tokens {
            tokens = List.copyOf(tokens);
        }

        @Override
        public boolean isLong() {
            return tokens.size() >= LONG;
        }
    }
}
