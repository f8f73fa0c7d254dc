package io.quern.jinja;

import java.util.Locale;

/** Converts to upper, lower and title case as Python's str does. */
final class Casing {
    private Casing() {}

    static String upper(String text) {
        return text.toUpperCase(Locale.ROOT);
    }

    static String lower(String text) {
        return text.toLowerCase(Locale.ROOT);
    }

    static String title(String text) {
        StringBuilder out = new StringBuilder(text.length());
        boolean inWord = false;
        for (int at = 0; at < text.length(); at += Character.charCount(text.codePointAt(at))) {
            int c = text.codePointAt(at);
            out.append(inWord ? lower(Character.toString(c)) : titleCase(c));
            inWord = isCased(c);
        }
        return out.toString();
    }

    static String capitalize(String text) {
        if (text.isEmpty()) {
            return text;
        }
        int first = text.codePointAt(0);
        return titleCase(first) + lower(text.substring(Character.charCount(first)));
    }

    static String swap(String text) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            String one = Character.toString(c);
            out.append(Character.isUpperCase(c) ? lower(one) : Character.isLowerCase(c) ? upper(one) : one);
        });
        return out.toString();
    }

    private static String titleCase(int c) {
        String upper = upper(Character.toString(c));
        boolean one = upper.codePointCount(0, upper.length()) == 1;
        // one letter may become two, such as the German sharp s: then only the first is upper case
        return one ? Character.toString(Character.toTitleCase(c)) : upper.charAt(0) + lower(upper.substring(1));
    }

    static boolean isCased(int c) {
        return Character.isUpperCase(c) || Character.isLowerCase(c) || Character.isTitleCase(c);
    }

    static boolean isUpper(String text) {
        return text.codePoints().anyMatch(Casing::isCased)
                && text.codePoints().noneMatch(c -> Character.isLowerCase(c) || Character.isTitleCase(c));
    }

    static boolean isLower(String text) {
        return text.codePoints().anyMatch(Casing::isCased)
                && text.codePoints().noneMatch(c -> Character.isUpperCase(c) || Character.isTitleCase(c));
    }

    static boolean isTitle(String text) {
        boolean any = false;
        boolean inWord = false;
        for (int c : text.codePoints().toArray()) {
            boolean first = Character.isUpperCase(c) || Character.isTitleCase(c);
            if (first && inWord || Character.isLowerCase(c) && !inWord) {
                return false;
            }
            inWord = isCased(c);
            any |= inWord;
        }
        return any;
    }
}
