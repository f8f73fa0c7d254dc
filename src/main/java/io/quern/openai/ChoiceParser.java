package io.quern.openai;

import io.quern.generation.FinishReason;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Divides the text of one choice into parts. The result must depend only on the text, not on how it was cut, because a
 * choice that moves to another worker is cut differently. For one choice and one thread. No text makes a parser throw.
 */
interface ChoiceParser {
    /** Passes all text on as content. It keeps nothing, so all choices share it. */
    ChoiceParser PLAIN = new ChoiceParser() {
        @Override
        public void add(String text, Consumer<Part> parts) {
            parts.accept(new Part.Content(text));
        }

        @Override
        public ChoiceFinish end(FinishReason reason, Consumer<Part> parts) {
            return ChoiceFinish.of(reason);
        }
    };

    /** Creates the parsers of requests whose text needs no parsing. */
    Supplier<ChoiceParser> ALL_PLAIN = () -> PLAIN;

    /**
     * Adds text.
     *
     * @param text not empty
     * @param parts receives the parts that are certain by now; text that may still become something else is held back
     */
    void add(String text, Consumer<Part> parts);

    /**
     * Ends the choice. Nothing may be added after it.
     *
     * @param parts receives what was held back
     */
    ChoiceFinish end(FinishReason reason, Consumer<Part> parts);
}
