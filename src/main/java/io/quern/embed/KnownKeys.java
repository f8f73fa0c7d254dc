package io.quern.embed;

import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** The {@code quern.*} keys there are, and what may have been meant by others. */
record KnownKeys(Set<String> keys) {
    private static final String PREFIX = "quern.";
    private static final String ENVIRONMENT_PREFIX = "QUERN_";

    /** Variables of the project's own scripts, tests and processes, which configure no engine. */
    private static final Pattern NOT_FOR_THE_ENGINE =
            Pattern.compile("QUERN_MODELS|QUERN_TESTS_\\w+|QUERN_LAUNCHER|QUERN_INSIDE_WORKER");

    private static final Pattern INDEX = Pattern.compile("\\[\\d+]");

    /** What is wrong with a key, or empty where it is known or none of ours. */
    Optional<String> problemOf(String key) {
        if (!key.startsWith(PREFIX) || keys.contains(INDEX.matcher(key).replaceAll(""))) {
            return Optional.empty();
        }
        return Optional.of("unknown configuration key " + key + "; did you mean " + nearest(key) + "?");
    }

    /** The same for the name of an environment variable. */
    Optional<String> problemOfVariable(String name) {
        if (!name.startsWith(ENVIRONMENT_PREFIX)
                || NOT_FOR_THE_ENGINE.matcher(name).matches()
                || keys.stream().anyMatch(key -> variable(key).equals(name))) {
            return Optional.empty();
        }
        String asKey = name.toLowerCase(Locale.ROOT).replace('_', '.');
        return Optional.of("unknown environment variable " + name + "; did you mean " + variable(nearest(asKey)) + "?");
    }

    private String nearest(String key) {
        return keys.stream()
                .min(Comparator.comparingInt((String known) -> distance(key, known))
                        .thenComparing(known -> known))
                .orElseThrow();
    }

    /** The environment variable that sets a key. */
    static String variable(String key) {
        return key.replaceAll("[^A-Za-z0-9]", "_").toUpperCase(Locale.ROOT);
    }

    /** Levenshtein's: insertions, deletions and replacements to get from one to the other. */
    private static int distance(String from, String to) {
        int[] row = new int[to.length() + 1];
        for (int j = 0; j <= to.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= from.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= to.length(); j++) {
                int replaced = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[to.length()];
    }
}
