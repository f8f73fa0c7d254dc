package io.quern.worker;

import io.quern.llama.Vocabulary;
import io.quern.wire.Generate;
import java.util.Set;

/**
 * Knows which tokens end an answer, and the text of each token. Any thread may use it.
 *
 * @param stops the client's stop tokens
 * @param minTokens until there are so many tokens, no stop string counts
 * @param showsLast whether the text contains a stop token that ends the answer
 * @param special whether the text contains control tokens
 */
record EndTokens(
        Vocabulary vocabulary,
        boolean ignoreEos,
        Set<Integer> stops,
        int minTokens,
        boolean showsLast,
        boolean special) {

    static EndTokens of(Generate request, Vocabulary vocabulary) {
        return new EndTokens(
                vocabulary,
                request.getIgnoreEos(),
                Set.copyOf(request.getStopTokensList()),
                request.getMinTokens(),
                request.getIncludeStop(),
                request.getSpecialTokens());
    }

    /** Returns whether the answer ends with this token. */
    boolean isLast(int token) {
        return isStop(token) || !ignoreEos && vocabulary.isEndOfGeneration(token);
    }

    /** Returns whether it is one of the client's stop tokens. */
    boolean isStop(int token) {
        return !stops.isEmpty() && stops.contains(token);
    }

    /**
     * Returns whether a stop string may end the answer.
     *
     * @param tokens how many tokens it has
     */
    boolean mayStop(int tokens) {
        return tokens > minTokens || minTokens == 0;
    }

    byte[] bytes(int token) {
        return special ? vocabulary.spelled(token) : vocabulary.bytes(token);
    }
}
