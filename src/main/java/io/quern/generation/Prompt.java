package io.quern.generation;

import java.util.Objects;

/**
 * The text for the model, with control tokens written the way the vocabulary spells them.
 *
 * @param addSpecialTokens whether the tokenizer prepends the model's own leading tokens (BOS); false if a chat template
 *     has written them
 */
public record Prompt(String text, boolean addSpecialTokens) {
    public Prompt {
        Objects.requireNonNull(text);
    }
}
