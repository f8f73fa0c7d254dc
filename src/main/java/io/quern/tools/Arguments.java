package io.quern.tools;

/** Passes on the arguments of a call, a JSON object that arrives character by character. */
final class Arguments {
    private final Calls calls;
    private final StringBuilder ready = new StringBuilder();

    Arguments(Calls calls) {
        this.calls = calls;
    }

    /**
     * Adds a character. Control characters that models write into strings become escapes, so that the result is JSON.
     *
     * @param inString whether the character is in a string
     */
    void add(char c, boolean inString) {
        if (!inString || c >= ' ') {
            ready.append(c);
            return;
        }
        switch (c) {
            case '\n' -> ready.append("\\n");
            case '\r' -> ready.append("\\r");
            case '\t' -> ready.append("\\t");
            default -> ready.append(String.format("\\u%04x", (int) c));
        }
    }

    void add(String text) {
        ready.append(text);
    }

    int length() {
        return ready.length();
    }

    /** Passes on what has been added. The call must have begun. */
    void flush() {
        if (!ready.isEmpty()) {
            calls.arguments(ready.toString());
            ready.setLength(0);
        }
    }
}
