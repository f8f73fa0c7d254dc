package io.quern.jinja;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A word, a sign or a literal in an expression.
 *
 * @param text the token's text; the content of a string
 * @param value the value of a number
 */
record Token(Kind kind, String text, @Nullable Object value) {
    enum Kind {
        NAME,
        STRING,
        NUMBER,
        SIGN,
        END
    }

    /** Returns the value of a number. */
    Object number() {
        return Objects.requireNonNull(value);
    }

    boolean is(String word) {
        return (kind == Kind.NAME || kind == Kind.SIGN) && text.equals(word);
    }

    String described() {
        return kind == Kind.END ? "the end" : "'" + text + "'";
    }
}
