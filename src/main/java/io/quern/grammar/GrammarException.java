package io.quern.grammar;

import org.jspecify.annotations.Nullable;

/**
 * A schema, regular expression or grammar cannot be used. It has no stack trace, because it is an answer to a client
 * and not a defect.
 */
public final class GrammarException extends RuntimeException {
    private final String path;
    private final @Nullable String keyword;

    /**
     * Creates the exception.
     *
     * @param path where the problem is, such as {@code response_format.json_schema.schema.properties.age.minimum}
     * @param keyword the JSON Schema keyword that is the cause, or null if there is none
     * @param problem a verb and what follows; the message is the path and this
     */
    public GrammarException(String path, @Nullable String keyword, String problem) {
        super(path + " " + problem, null, false, false);
        this.path = path;
        this.keyword = keyword;
    }

    public String path() {
        return path;
    }

    public @Nullable String keyword() {
        return keyword;
    }
}
