package io.quern.store;

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
                        one -> distance(name.toLowerCase(Locale.ROOT), one.toLowerCase(Locale.ROOT))))
                .limit(MOST)
                .toList();
    }

    /** Levenshtein's distance. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int above = row[j];
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(replaced, Math.min(above, row[j - 1]) + 1);
                diagonal = above;
            }
        }
        return row[b.length()];
    }
}
