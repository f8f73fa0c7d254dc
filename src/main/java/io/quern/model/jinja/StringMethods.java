package io.quern.model.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.BiPredicate;
import java.util.function.IntPredicate;
import java.util.regex.Pattern;

/** Python's methods of str, as far as templates use them. */
final class StringMethods {
    /** Python knows more line breaks than Java. */
    private static final Pattern LINE_BREAK = Pattern.compile("\\r\\n|[\\n-\\r\\x1c-\\x1e\\x85\\u2028\\u2029]");

    private StringMethods() {}

    /** Null where there is no such method. */
    static Callable of(String text, String name) {
        return switch (name) {
            case "strip" -> (interpreter, a) -> stripEnd(stripStart(text, a), a);
            case "lstrip" -> (interpreter, a) -> stripStart(text, a);
            case "rstrip" -> (interpreter, a) -> stripEnd(text, a);
            case "startswith" -> (interpreter, a) -> matches(text, a, String::startsWith);
            case "endswith" -> (interpreter, a) -> matches(text, a, String::endsWith);
            case "removeprefix" ->
                (interpreter, a) -> {
                    String prefix = a.text(0, "prefix");
                    return text.startsWith(prefix) ? text.substring(prefix.length()) : text;
                };
            case "removesuffix" ->
                (interpreter, a) -> {
                    String suffix = a.text(0, "suffix");
                    return text.endsWith(suffix) ? text.substring(0, text.length() - suffix.length()) : text;
                };
            case "split" -> (interpreter, a) -> split(interpreter.arithmetic(), text, a);
            case "rsplit" -> (interpreter, a) -> splitFromEnd(interpreter.arithmetic(), text, a);
            case "splitlines" -> (interpreter, a) -> interpreter.arithmetic().copy(lines(text));
            case "join" -> (interpreter, a) -> Filters.join(interpreter, a.required(0, "iterable"), text);
            case "replace" ->
                (interpreter, a) ->
                        replace(interpreter, text, a.text(0, "old"), a.text(1, "new"), a.number(2, "count", -1));
            case "format" -> (interpreter, a) -> Format.apply(interpreter, text, a);
            case "upper" -> (interpreter, a) -> text.toUpperCase(Locale.ROOT);
            case "lower" -> (interpreter, a) -> text.toLowerCase(Locale.ROOT);
            case "title" -> (interpreter, a) -> title(text);
            case "capitalize" -> (interpreter, a) -> capitalize(text);
            case "find" -> (interpreter, a) -> place(text, text.indexOf(a.text(0, "sub")));
            case "rfind" -> (interpreter, a) -> place(text, text.lastIndexOf(a.text(0, "sub")));
            case "count" -> (interpreter, a) -> count(text, a.text(0, "sub"));
            case "isdigit" -> (interpreter, a) -> all(text, Character::isDigit);
            case "isalpha" -> (interpreter, a) -> all(text, Character::isLetter);
            case "isalnum" -> (interpreter, a) -> all(text, Character::isLetterOrDigit);
            case "isspace" -> (interpreter, a) -> all(text, Text::isSpace);
            default -> null;
        };
    }

    static String title(String text) {
        StringBuilder out = new StringBuilder();
        boolean inWord = false;
        for (int c : text.codePoints().toArray()) {
            out.appendCodePoint(inWord ? Character.toLowerCase(c) : Character.toTitleCase(c));
            inWord = Character.isLetter(c);
        }
        return out.toString();
    }

    static String capitalize(String text) {
        if (text.isEmpty()) {
            return text;
        }
        int first = text.codePointAt(0);
        return Character.toString(Character.toTitleCase(first))
                + text.substring(Character.charCount(first)).toLowerCase(Locale.ROOT);
    }

    static String replace(PromptInterpreter interpreter, String text, String old, String with, int count) {
        long times = old.isEmpty() ? Values.length(text) + 1 : count(text, old);
        times = count < 0 ? times : Math.min(times, count);
        interpreter.arithmetic().claim(text.length() + times * Math.max(0L, with.length() - old.length()));
        StringBuilder out = new StringBuilder();
        int from = 0;
        for (long i = 0; i < times; i++) {
            // an empty pattern stands before every character
            int at = old.isEmpty() ? (i == 0 ? 0 : text.offsetByCodePoints(from, 1)) : text.indexOf(old, from);
            out.append(text, from, at).append(with);
            from = at + old.length();
        }
        return out.append(text, from, text.length()).toString();
    }

    private static String stripStart(String text, Arguments arguments) {
        String characters = strippable(arguments);
        if (characters == null) {
            return Text.stripStart(text);
        }
        int start = 0;
        while (start < text.length() && characters.indexOf(text.codePointAt(start)) >= 0) {
            start += Character.charCount(text.codePointAt(start));
        }
        return text.substring(start);
    }

    private static String stripEnd(String text, Arguments arguments) {
        String characters = strippable(arguments);
        if (characters == null) {
            return Text.stripEnd(text);
        }
        int end = text.length();
        while (end > 0 && characters.indexOf(text.codePointBefore(end)) >= 0) {
            end -= Character.charCount(text.codePointBefore(end));
        }
        return text.substring(0, end);
    }

    private static String strippable(Arguments arguments) {
        return arguments.get(0, "chars", None.NONE) == None.NONE ? null : arguments.text(0, "chars");
    }

    private static boolean matches(String text, Arguments arguments, BiPredicate<String, String> matcher) {
        return arguments.required(0, "prefix") instanceof List<?> several
                ? several.stream().anyMatch(one -> one instanceof String s && matcher.test(text, s))
                : matcher.test(text, arguments.text(0, "prefix"));
    }

    private static List<Object> split(Arithmetic bounds, String text, Arguments arguments) {
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
                    parts.add(text.substring(at));
                    return parts;
                }
                int end = at;
                while (end < text.length() && !Text.isSpace(text.charAt(end))) {
                    end++;
                }
                parts.add(text.substring(at, end));
                bounds.checkElements(parts.size());
                at = end;
            }
        }
        String separator = separator(arguments);
        int from = 0;
        for (int at = text.indexOf(separator); at >= 0 && (max < 0 || parts.size() < max); ) {
            parts.add(text.substring(from, at));
            bounds.checkElements(parts.size());
            from = at + separator.length();
            at = text.indexOf(separator, from);
        }
        parts.add(text.substring(from));
        return parts;
    }

    private static List<Object> splitFromEnd(Arithmetic bounds, String text, Arguments arguments) {
        int max = arguments.number(1, "maxsplit", -1);
        if (max < 0) {
            return split(bounds, text, arguments);
        }
        String separator = separator(arguments);
        List<Object> parts = new ArrayList<>();
        String rest = text;
        for (int at = rest.lastIndexOf(separator); at >= 0 && parts.size() < max; at = rest.lastIndexOf(separator)) {
            parts.add(rest.substring(at + separator.length()));
            bounds.checkElements(parts.size());
            rest = rest.substring(0, at);
        }
        parts.add(rest);
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

    private static List<String> lines(String text) {
        List<String> lines = new ArrayList<>(List.of(LINE_BREAK.split(text, -1)));
        if (lines.getLast().isEmpty()) {
            lines.removeLast();
        }
        return lines;
    }

    private static long place(String text, int index) {
        return index < 0 ? -1 : text.codePointCount(0, index);
    }

    private static long count(String text, String part) {
        if (part.isEmpty()) {
            return Values.length(text) + 1;
        }
        long count = 0;
        for (int at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length())) {
            count++;
        }
        return count;
    }

    private static boolean all(String text, IntPredicate predicate) {
        return !text.isEmpty() && text.codePoints().allMatch(predicate);
    }
}
