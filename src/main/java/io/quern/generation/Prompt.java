package io.quern.generation;

import java.util.Objects;

/**
 * Text for the model, control tokens written out as the vocabulary spells them.
 *
 * @param addSpecialTokens whether the tokenizer puts the model's own leading tokens (BOS) in front; false where a chat
 *     template has written them
 */
public record Prompt(String text, boolean addSpecialTokens) {
    public Prompt {
        Objects.requireNonNull(text);
    }
}
