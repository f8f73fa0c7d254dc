package io.quern.attacks;

/** The result of an attack. */
sealed interface Finding {
    /** Returns what was seen, for the table. */
    String seen();

    /** The attacker gained nothing. */
    record Held(String seen) implements Finding {}

    /** The attacker succeeded. */
    record Succeeded(String seen) implements Finding {}

    /** The attack does not apply to this machine or application. */
    record Skipped(String seen) implements Finding {}

    /** The attack could not be tried. */
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
