package io.quern.generation;

/**
 * An event of a generation: any number of {@link Token}s, followed by exactly one {@link Finished} or {@link Failed}.
 */
public sealed interface GenerationEvent {

    /**
     * Carries more text. For a slow reader, several steps may be merged into one event.
     *
     * @param text whole characters; empty while a character or a possible stop string is incomplete
     * @param count number of tokens that the text stands for
     */
    record Token(String text, int count) implements GenerationEvent {
        /** Returns one event with the text of both. */
        public Token mergedWith(Token next) {
            return new Token(text + next.text, count + next.count);
        }
    }

    /** Ends a generation that finished. */
    record Finished(FinishReason reason, Usage usage) implements GenerationEvent {}

    /** Ends a generation that failed. */
    record Failed(GenerationError error) implements GenerationEvent {}
}
