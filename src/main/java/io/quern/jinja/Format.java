package io.quern.jinja;

/** Implements Python's str.format: {@code {}}, {@code {0}}, {@code {name.attribute[key]!r:>8}}. */
final class Format {
    private final Arguments arguments;
    private final Budget budget;
    private int automatic;

    private Format(Arguments arguments, Budget budget) {
        this.arguments = arguments;
        this.budget = budget;
    }

    static String apply(String format, Arguments arguments, Budget budget) {
        return new Format(arguments, budget).filled(format, 2);
    }

    /** @param depth how deeply fields may be nested: Python allows one level inside a field's format */
    private String filled(String format, int depth) {
        if (depth == 0) {
            throw new TemplateError("the fields of format are nested too deeply");
        }
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            boolean doubled = i + 1 < format.length() && format.charAt(i + 1) == c;
            if ((c == '{' || c == '}') && doubled) {
                out.append(c);
                i++;
            } else if (c == '{') {
                int end = end(format, i);
                out.append(field(format.substring(i + 1, end), depth));
                i = end;
            } else if (c == '}') {
                throw new TemplateError("a format contains a single '}'");
            } else {
                out.append(c);
            }
            budget.step();
            budget.growing(out.length());
        }
        budget.text(out.length());
        return out.toString();
    }

    private static int end(String format, int open) {
        int depth = 0;
        for (int i = open; i < format.length(); i++) {
            if (format.charAt(i) == '{') {
                depth++;
            } else if (format.charAt(i) == '}' && --depth == 0) {
                return i;
            }
        }
        throw new TemplateError("a field of the format has no closing brace");
    }

    private String field(String field, int depth) {
        int colon = outsideBrackets(field, ':');
        String name = colon < 0 ? field : field.substring(0, colon);
        int mark = outsideBrackets(name, '!');
        Object value = value(mark < 0 ? name : name.substring(0, mark));
        if (mark >= 0) {
            value = switch (name.substring(mark + 1)) {
                case "s" -> Text.of(value, budget);
                case "r" -> Text.representation(value, budget);
                default -> throw TemplateError.unsupported("the conversion of a field {" + field + "}");
            };
        }
        // after the value, because fields inside the format are numbered after it
        String spec = colon < 0 ? "" : filled(field.substring(colon + 1), depth - 1);
        return spec.isEmpty() ? Text.of(value, budget) : FormatSpec.parse(spec).apply(value, budget);
    }

    private static int outsideBrackets(String text, char wanted) {
        int depth = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '[') {
                depth++;
            } else if (c == ']') {
                depth--;
            } else if (depth == 0 && c == wanted) {
                return i;
            }
        }
        return -1;
    }

    private Object value(String path) {
        int end = 0;
        while (end < path.length() && path.charAt(end) != '.' && path.charAt(end) != '[') {
            end++;
        }
        Object value = argument(path.substring(0, end));
        while (end < path.length()) {
            if (path.charAt(end) == '[') {
                int close = path.indexOf(']', end);
                if (close < 0) {
                    throw new TemplateError("a field of the format has no closing bracket");
                }
                String key = path.substring(end + 1, close);
                value = Access.element(value, isNumber(key) ? (Object) Long.parseLong(key) : key, budget);
                end = close + 1;
            } else {
                int next = end + 1;
                while (next < path.length() && path.charAt(next) != '.' && path.charAt(next) != '[') {
                    next++;
                }
                value = Access.attribute(value, path.substring(end + 1, next), budget);
                end = next;
            }
        }
        return value;
    }

    private Object argument(String name) {
        if (name.isEmpty() || isNumber(name)) {
            if (name.isEmpty() ? automatic < 0 : automatic > 0) {
                throw new TemplateError("a format cannot mix numbered fields and fields without a number");
            }
            int place = name.isEmpty() ? automatic++ : Integer.parseInt(name);
            automatic = name.isEmpty() ? automatic : -1;
            if (place >= arguments.positional().size()) {
                throw new TemplateError("there is no value for the field {" + name + "}");
            }
            return arguments.positional().get(place);
        }
        Object named = arguments.named().get(name);
        if (named == null) {
            throw new TemplateError("there is no value for the field {" + name + "}");
        }
        return named;
    }

    private static boolean isNumber(String text) {
        return !text.isEmpty() && text.length() < 9 && text.chars().allMatch(c -> c >= '0' && c <= '9');
    }
}
