package io.quern.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Splits texts as Python's str does. */
final class Splits {
    private Splits() {}

    /** Splits at white space, and removes it at both ends. */
    static List<Object> words(String text, int max, Budget budget) {
        budget.text(text.length());
        List<Object> parts = new ArrayList<>();
        int at = 0;
        while (true) {
            while (at < text.length() && Text.isSpace(text.charAt(at))) {
                at++;
            }
            if (at == text.length()) {
                return parts;
            }
            budget.elements(1);
            if (max >= 0 && parts.size() >= max) {
                parts.add(text.substring(at));
                return parts;
            }
            int end = at;
            while (end < text.length() && !Text.isSpace(text.charAt(end))) {
                end++;
            }
            parts.add(text.substring(at, end));
            at = end;
        }
    }

    static List<Object> wordsFromEnd(String text, int max, Budget budget) {
        budget.text(text.length());
        List<Object> parts = new ArrayList<>();
        int end = text.length();
        while (true) {
            while (end > 0 && Text.isSpace(text.charAt(end - 1))) {
                end--;
            }
            if (end == 0) {
                break;
            }
            budget.elements(1);
            if (max >= 0 && parts.size() >= max) {
                parts.add(text.substring(0, end));
                break;
            }
            int begin = end;
            while (begin > 0 && !Text.isSpace(text.charAt(begin - 1))) {
                begin--;
            }
            parts.add(text.substring(begin, end));
            end = begin;
        }
        Collections.reverse(parts);
        return parts;
    }

    static List<Object> at(String separator, String text, int max, Budget budget) {
        requireSeparator(separator);
        budget.text(text.length());
        List<Object> parts = new ArrayList<>();
        int from = 0;
        while (max < 0 || parts.size() < max) {
            int at = Search.first(text, separator, from, budget);
            if (at < 0) {
                break;
            }
            budget.elements(1);
            parts.add(text.substring(from, at));
            from = at + separator.length();
        }
        budget.elements(1);
        parts.add(text.substring(from));
        return parts;
    }

    static List<Object> fromEnd(String separator, String text, int max, Budget budget) {
        requireSeparator(separator);
        List<Object> parts = new ArrayList<>();
        String rest = text;
        while (max < 0 || parts.size() < max) {
            int at = Search.last(rest, separator, budget);
            if (at < 0) {
                break;
            }
            budget.elements(1);
            budget.text(rest.length());
            parts.add(rest.substring(at + separator.length()));
            rest = rest.substring(0, at);
        }
        budget.elements(1);
        parts.add(rest);
        Collections.reverse(parts);
        return parts;
    }

    static List<Object> lines(String text, boolean keepBreaks, Budget budget) {
        budget.text(text.length());
        List<Object> lines = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < text.length(); i++) {
            if (isLineBreak(text.charAt(i))) {
                int end = i;
                if (text.charAt(i) == '\r' && i + 1 < text.length() && text.charAt(i + 1) == '\n') {
                    i++;
                }
                budget.elements(1);
                lines.add(text.substring(from, keepBreaks ? i + 1 : end));
                from = i + 1;
            }
        }
        if (from < text.length()) {
            lines.add(text.substring(from));
        }
        return lines;
    }

    /** Python has more kinds of line breaks than Java. */
    private static boolean isLineBreak(char c) {
        return c >= '\n' && c <= '\r' || c >= 0x1c && c <= 0x1e || c == 0x85 || c == 0x2028 || c == 0x2029;
    }

    static Tuple partition(String separator, String text, Budget budget) {
        requireSeparator(separator);
        int at = Search.first(text, separator, 0, budget);
        budget.text(text.length());
        return at < 0
                ? Tuple.of(text, "", "")
                : Tuple.of(text.substring(0, at), separator, text.substring(at + separator.length()));
    }

    static Tuple partitionFromEnd(String separator, String text, Budget budget) {
        requireSeparator(separator);
        int at = Search.last(text, separator, budget);
        budget.text(text.length());
        return at < 0
                ? Tuple.of("", "", text)
                : Tuple.of(text.substring(0, at), separator, text.substring(at + separator.length()));
    }

    private static void requireSeparator(String separator) {
        if (separator.isEmpty()) {
            throw new TemplateError("cannot split at an empty separator");
        }
    }
}
