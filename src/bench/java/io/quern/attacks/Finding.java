package io.quern.attacks;

/** How an attack ended. */
sealed interface Finding {
    /** What was seen, for the table. */
    String seen();

    /** The attacker got nothing. */
    record Held(String seen) implements Finding {}

    /** The attacker succeeded. */
    record Succeeded(String seen) implements Finding {}

    /** This machine or this application has nothing to try it on. */
    record Skipped(String seen) implements Finding {}

    /** It could not be tried. */
    record Failed(String seen) implements Finding {}

    static Finding of(boolean held, String format, Object... values) {
        String seen = format.formatted(values);
        return held ? new Held(seen) : new Succeeded(seen);
    }

    default String cell() {
        String word =
                switch (this) {
                    case Held _ -> "held";
                    case Succeeded _ -> "**succeeded**";
                    case Skipped _ -> "skipped";
                    case Failed _ -> "**could not be tried**";
                };
        return word + ": " + seen().replace("|", "\\|").replace("\n", " ");
    }
}
