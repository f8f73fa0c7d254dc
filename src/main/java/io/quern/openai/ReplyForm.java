package io.quern.openai;

import java.util.OptionalInt;

/**
 * Describes the form of an answer.
 *
 * @param stream whether to answer with server-sent events
 * @param includeUsage whether to end the stream with a chunk that contains the usage
 * @param candidates how many choices answer each prompt
 * @param shown what each choice shows
 * @param usageInChunks whether each chunk contains the usage of its choice so far
 */
record ReplyForm(boolean stream, boolean includeUsage, Candidates candidates, Shown shown, boolean usageInChunks) {
    /** Creates the form of an answer with one choice that shows only its text. */
    ReplyForm(boolean stream, boolean includeUsage) {
        this(stream, includeUsage, Candidates.ONE, Shown.TEXT, false);
    }

    ReplyForm with(Candidates others, Shown other, boolean inChunks) {
        return new ReplyForm(stream, includeUsage, others, other, inChunks);
    }

    /**
     * Says what a choice shows.
     *
     * @param logprobs whether each token has its log probability
     * @param echo whether the prompt comes before the answer
     * @param answer whether there is an answer at all; without it, the client wants to know only about its prompt
     * @param promptLogprobs number of most likely tokens to show for each token of the prompt, in vLLM's form; empty:
     *     no log probabilities of the prompt
     */
    record Shown(boolean logprobs, boolean echo, boolean answer, OptionalInt promptLogprobs) {
        static final Shown TEXT = new Shown(false, false, true, OptionalInt.empty());
    }
}
