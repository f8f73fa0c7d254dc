package io.quern.store;

import io.quern.text.EditDistance;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** Finds the names that a person may have meant. Pure. */
final class Nearest {
    private static final int MOST = 12;

    private Nearest() {}

    /** Returns the names that differ least, the nearest first, at most 5. */
    static List<String> of(String name, List<String> names) {
        return first(name, names).stream().limit(5).toList();
    }

    /** Returns many names, the nearest first. */
    static List<String> first(String name, List<String> names) {
        return names.stream()
                .sorted(Comparator.comparingInt(
                        one -> EditDistance.between(name.toLowerCase(Locale.ROOT), one.toLowerCase(Locale.ROOT))))
                .limit(MOST)
                .toList();
    }
}
