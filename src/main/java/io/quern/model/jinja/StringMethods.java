package io.quern.model.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;

/** Python's methods of str, as far as templates use them. */
final class StringMethods {
    private StringMethods() {}

    /** Null where there is no such method. */
    static Callable of(String text, String name) {
        return switch (name) {
            case "strip" -> (interpreter, a) -> strip(interpreter.budget(), text, a, true, true);
            case "lstrip" -> (interpreter, a) -> strip(interpreter.budget(), text, a, true, false);
            case "rstrip" -> (interpreter, a) -> strip(interpreter.budget(), text, a, false, true);
            case "startswith" -> (interpreter, a) -> matches(interpreter.budget(), text, a, Search::startsWith);
            case "endswith" -> (interpreter, a) -> matches(interpreter.budget(), text, a, Search::endsWith);
            case "removeprefix" ->
                (interpreter, a) -> {
                    String prefix = a.text(0, "prefix");
                    return Search.startsWith(interpreter.budget(), text, prefix)
                            ? cut(interpreter.budget(), text, prefix.length(), text.length())
                            : text;
                };
            case "removesuffix" ->
                (interpreter, a) -> {
                    String suffix = a.text(0, "suffix");
                    return Search.endsWith(interpreter.budget(), text, suffix)
                            ? cut(interpreter.budget(), text, 0, text.length() - suffix.length())
                            : text;
                };
            case "split" -> (interpreter, a) -> split(interpreter.budget(), text, a);
            case "rsplit" -> (interpreter, a) -> splitFromEnd(interpreter.budget(), text, a);
            case "splitlines" -> (interpreter, a) -> lines(interpreter.budget(), text);
            case "join" -> (interpreter, a) -> Filters.join(interpreter, a.required(0, "iterable"), text);
            case "replace" ->
                (interpreter, a) -> replace(
                        interpreter.budget(), text, a.text(0, "old"), a.text(1, "new"), a.number(2, "count", -1));
            case "format" -> (interpreter, a) -> Format.apply(interpreter, text, a);
            case "upper" -> (interpreter, a) -> upper(interpreter.budget(), text);
            case "lower" -> (interpreter, a) -> lower(interpreter.budget(), text);
            case "title" -> (interpreter, a) -> title(interpreter.budget(), text);
            case "capitalize" -> (interpreter, a) -> capitalize(interpreter.budget(), text);
            case "find" ->
                (interpreter, a) -> place(
                        interpreter.budget(), text, Search.indexOf(interpreter.budget(), text, a.text(0, "sub"), 0));
            case "rfind" ->
                (interpreter, a) -> place(
                        interpreter.budget(),
                        text,
                        Search.lastIndexOf(interpreter.budget(), text, a.text(0, "sub"), text.length()));
            case "count" -> (interpreter, a) -> count(interpreter.budget(), text, a.text(0, "sub"));
            case "isdigit" -> (interpreter, a) -> all(interpreter.budget(), text, Character::isDigit);
            case "isalpha" -> (interpreter, a) -> all(interpreter.budget(), text, Character::isLetter);
            case "isalnum" -> (interpreter, a) -> all(interpreter.budget(), text, Character::isLetterOrDigit);
            case "isspace" -> (interpreter, a) -> all(interpreter.budget(), text, Text::isSpace);
            default -> null;
        };
    }

    static String title(Budget budget, String text) {
        budget.text(4L * text.length());
        StringBuilder out = new StringBuilder();
        boolean inWord = false;
        for (int c : text.codePoints().toArray()) {
            out.appendCodePoint(inWord ? Character.toLowerCase(c) : Character.toTitleCase(c));
            inWord = Character.isLetter(c);
        }
        return out.toString();
    }

    static String capitalize(Budget budget, String text) {
        budget.text(text.length());
        if (text.isEmpty()) {
            return text;
        }
        int first = text.codePointAt(0);
        return Character.toString(Character.toTitleCase(first))
                + text.substring(Character.charCount(first)).toLowerCase(Locale.ROOT);
    }

    static String replace(Budget budget, String text, String old, String with, int count) {
        long times = old.isEmpty() ? Values.length(budget, text) + 1 : count(budget, text, old);
        times = count < 0 ? times : Math.min(times, count);
        budget.text(text.length() + times * Math.max(0L, with.length() - old.length()));
        StringBuilder out = new StringBuilder();
        int from = 0;
        for (long i = 0; i < times; i++) {
            // an empty pattern stands before every character
            int at = old.isEmpty()
                    ? (i == 0 ? 0 : text.offsetByCodePoints(from, 1))
                    : Search.indexOf(budget, text, old, from);
            budget.characters(with.length());
            out.append(text, from, at).append(with);
            from = at + old.length();
        }
        return out.append(text, from, text.length()).toString();
    }

    static String upper(Budget budget, String text) {
        budget.text(text.length());
        return text.toUpperCase(Locale.ROOT);
    }

    static String lower(Budget budget, String text) {
        budget.text(text.length());
        return text.toLowerCase(Locale.ROOT);
    }

    static String reversed(Budget budget, String text) {
        budget.text(text.length());
        return new StringBuilder(text).reverse().toString();
    }

    private static String cut(Budget budget, String text, int from, int to) {
        budget.text(to - from);
        return text.substring(from, to);
    }

    /** An element of a list. */
    private static String part(Budget budget, String text, int from, int to) {
        budget.element();
        return cut(budget, text, from, to);
    }

    private static String strip(Budget budget, String text, Arguments arguments, boolean atStart, boolean atEnd) {
        String characters = strippable(arguments);
        int start = 0;
        int end = text.length();
        while (atStart && start < end && strips(budget, characters, text.codePointAt(start))) {
            start += Character.charCount(text.codePointAt(start));
        }
        while (atEnd && end > start && strips(budget, characters, text.codePointBefore(end))) {
            end -= Character.charCount(text.codePointBefore(end));
        }
        return cut(budget, text, start, end);
    }

    private static boolean strips(Budget budget, String characters, int c) {
        if (characters == null) {
            budget.step();
            return Text.isSpace(c);
        }
        budget.characters(characters.length());
        return characters.indexOf(c) >= 0;
    }

    private static String strippable(Arguments arguments) {
        return arguments.get(0, "chars", None.NONE) == None.NONE ? null : arguments.text(0, "chars");
    }

    @FunctionalInterface
    private interface Matcher {
        boolean matches(Budget budget, String text, String part);
    }

    private static boolean matches(Budget budget, String text, Arguments arguments, Matcher matcher) {
        return arguments.required(0, "prefix") instanceof List<?> several
                ? several.stream().anyMatch(one -> {
                    budget.step();
                    return one instanceof String s && matcher.matches(budget, text, s);
                })
                : matcher.matches(budget, text, arguments.text(0, "prefix"));
    }

    private static List<Object> split(Budget budget, String text, Arguments arguments) {
        int max = arguments.number(1, "maxsplit", -1);
        List<Object> parts = new ArrayList<>();
        if (arguments.get(0, "sep", None.NONE) == None.NONE) {
            int at = 0;
            while (true) {
                while (at < text.length() && Text.isSpace(text.charAt(at))) {
                    at++;
                }
                if (at == text.length()) {
                    return parts;
                }
                if (max >= 0 && parts.size() >= max) {
                    parts.add(part(budget, text, at, text.length()));
                    return parts;
                }
                int end = at;
                while (end < text.length() && !Text.isSpace(text.charAt(end))) {
                    end++;
                }
                parts.add(part(budget, text, at, end));
                at = end;
            }
        }
        String separator = separator(arguments);
        int from = 0;
        while (max < 0 || parts.size() < max) {
            int at = Search.indexOf(budget, text, separator, from);
            if (at < 0) {
                break;
            }
            parts.add(part(budget, text, from, at));
            from = at + separator.length();
        }
        parts.add(part(budget, text, from, text.length()));
        return parts;
    }

    private static List<Object> splitFromEnd(Budget budget, String text, Arguments arguments) {
        int max = arguments.number(1, "maxsplit", -1);
        if (max < 0) {
            return split(budget, text, arguments);
        }
        String separator = separator(arguments);
        List<Object> parts = new ArrayList<>();
        int end = text.length();
        while (parts.size() < max) {
            int at = Search.lastIndexOf(budget, text, separator, end - separator.length());
            if (at < 0) {
                break;
            }
            parts.add(part(budget, text, at + separator.length(), end));
            end = at;
        }
        parts.add(part(budget, text, 0, end));
        Collections.reverse(parts);
        return parts;
    }

    private static String separator(Arguments arguments) {
        String separator = arguments.text(0, "sep");
        if (separator.isEmpty()) {
            throw new TemplateError("cannot split at an empty separator");
        }
        return separator;
    }

    private static List<Object> lines(Budget budget, String text) {
        budget.characters(text.length());
        List<Object> lines = new ArrayList<>();
        int from = 0;
        for (int at = 0; at < text.length(); at++) {
            if (isLineBreak(text.charAt(at))) {
                lines.add(part(budget, text, from, at));
                if (text.charAt(at) == '\r' && at + 1 < text.length() && text.charAt(at + 1) == '\n') {
                    at++;
                }
                from = at + 1;
            }
        }
        if (from < text.length()) {
            lines.add(part(budget, text, from, text.length()));
        }
        return lines;
    }

    /** Python knows more of them than Java. */
    private static boolean isLineBreak(char c) {
        return c >= '\n' && c <= '\r' || c >= 0x1c && c <= 0x1e || c == 0x85 || c == 0x2028 || c == 0x2029;
    }

    private static long place(Budget budget, String text, int index) {
        budget.characters(Math.max(0, index));
        return index < 0 ? -1 : text.codePointCount(0, index);
    }

    private static long count(Budget budget, String text, String part) {
        if (part.isEmpty()) {
            return Values.length(budget, text) + 1;
        }
        long count = 0;
        for (int at = Search.indexOf(budget, text, part, 0);
                at >= 0;
                at = Search.indexOf(budget, text, part, at + part.length())) {
            count++;
        }
        return count;
    }

    private static boolean all(Budget budget, String text, IntPredicate predicate) {
        budget.characters(text.length());
        return !text.isEmpty() && text.codePoints().allMatch(predicate);
    }
}
