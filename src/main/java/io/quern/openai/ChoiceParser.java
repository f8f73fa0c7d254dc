package io.quern.openai;

import io.quern.generation.FinishReason;
import io.quern.generation.GenerationEvent.Token;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Divides the text of one choice into parts. The result must depend only on the text, not on how it was cut, because a
 * choice that moves to another worker is cut differently. For one choice and one thread. No text makes a parser throw.
 */
interface ChoiceParser {
    /** Passes all text on as content. It keeps nothing, so all choices share it. */
    ChoiceParser PLAIN = new ChoiceParser() {
        @Override
        public void add(Token token, Consumer<Part> parts) {
            if (!token.text().isEmpty()) {
                parts.accept(new Part.Content(token.text()));
            }
        }

        @Override
        public ChoiceFinish end(FinishReason reason, Consumer<Part> parts) {
            return ChoiceFinish.of(reason);
        }
    };

    /** Creates the parsers of requests whose text needs no parsing. */
    Supplier<ChoiceParser> ALL_PLAIN = () -> PLAIN;

    /**
     * Adds text and its tokens.
     *
     * @param parts receives the parts that are certain by now; text that may still become something else is held back
     */
    void add(Token token, Consumer<Part> parts);

    /**
     * Ends the choice. Nothing may be added after it.
     *
     * @param parts receives what was held back
     */
    ChoiceFinish end(FinishReason reason, Consumer<Part> parts);

    /** Returns the number of tokens so far inside the reasoning, or null if the answers of the model have none. */
    default @Nullable Integer reasoningTokens() {
        return null;
    }
}
