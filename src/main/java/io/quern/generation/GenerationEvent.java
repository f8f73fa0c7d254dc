package io.quern.generation;

/** What a generation says: any number of {@link Token}s, then exactly one {@link Finished} or {@link Failed}. */
public sealed interface GenerationEvent {

    /**
     * More text. Several steps may be merged into one event for a slow reader.
     *
     * @param text whole characters; may be empty while a character or a possible stop string is incomplete
     * @param count tokens it stands for
     */
    record Token(String text, int count) implements GenerationEvent {
        public Token mergedWith(Token next) {
            return new Token(text + next.text, count + next.count);
        }
    }

    record Finished(FinishReason reason, Usage usage) implements GenerationEvent {}

    record Failed(GenerationError error) implements GenerationEvent {}
}
