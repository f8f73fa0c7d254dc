package io.quern.generation;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An event of a generation: {@link PromptLogprobs} if the request asks for them, any number of {@link Token}s, and
 * exactly one {@link Finished} or {@link Failed}.
 */
public sealed interface GenerationEvent {

    /**
     * Carries the log probabilities of the next tokens of the prompt. A long prompt has several of these events.
     *
     * @param logprobs one for each token
     */
    record PromptLogprobs(List<TokenLogprob> logprobs) implements GenerationEvent {
        public PromptLogprobs {
            logprobs = List.copyOf(logprobs);
        }
    }

    /**
     * Carries more text. For a slow reader, several steps may be merged into one event.
     *
     * @param text whole characters; empty while a character or a possible stop string is incomplete
     * @param count number of tokens that the text stands for
     * @param logprobs if the request asks for them, one for each of these tokens, except for an end-of-generation or
     *     stop token that is not part of the text. Text that is held back may come with a later event than its tokens
     * @param lengths if the request asks for them, how many characters of the text came with each of these tokens, so
     *     that they can be told apart after a merge
     */
    record Token(String text, int count, List<TokenLogprob> logprobs, List<Integer> lengths)
            implements GenerationEvent {
        /** Creates an event without lengths. */
        public Token(String text, int count, List<TokenLogprob> logprobs) {
            this(text, count, logprobs, List.of());
        }

        /** Creates an event without log probabilities and lengths. */
        public Token(String text, int count) {
            this(text, count, List.of());
        }
    }

    /**
     * Ends a generation that finished.
     *
     * @param stop the client's stop string or stop token that ended it, or null if something else did
     */
    record Finished(
            FinishReason reason, Usage usage, @Nullable StopReason stop) implements GenerationEvent {
        /** Creates the end of a generation that no stop string and no stop token ended. */
        public Finished(FinishReason reason, Usage usage) {
            this(reason, usage, null);
        }

        /** Returns the same with this number of reused tokens of the prompt. */
        public Finished withCached(int tokens) {
            return new Finished(reason, usage.withCached(tokens), stop);
        }
    }

    /** Ends a generation that failed. */
    record Failed(GenerationError error) implements GenerationEvent {}
}
