package io.quern.pool;

/**
 * How many drafted tokens workers have checked, and how many of them were right.
 *
 * @param checked tokens of all drafts
 * @param accepted those that the model chose as well
 */
public record DraftTokens(long checked, long accepted) {
    static final DraftTokens NONE = new DraftTokens(0, 0);

    DraftTokens plus(DraftTokens others) {
        return new DraftTokens(checked + others.checked, accepted + others.accepted);
    }
}
