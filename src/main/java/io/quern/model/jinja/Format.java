package io.quern.model.jinja;

/** Python's str.format with plain fields: {@code {}}, {@code {0}}, {@code {name}}. */
final class Format {
    private Format() {}

    static String apply(PromptInterpreter interpreter, String format, Arguments arguments) {
        Budget budget = interpreter.budget();
        budget.characters(format.length());
        StringBuilder out = new StringBuilder();
        int automatic = 0;
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            boolean doubled = i + 1 < format.length() && format.charAt(i + 1) == c;
            if ((c == '{' || c == '}') && doubled) {
                out.append(c);
                i++;
            } else if (c == '{') {
                int end = format.indexOf('}', i);
                if (end < 0) {
                    throw new TemplateError("a field of format does not end");
                }
                budget.step();
                String field = format.substring(i + 1, end);
                out.append(Text.of(budget, value(field.isEmpty() ? Integer.toString(automatic++) : field, arguments)));
                i = end;
            } else {
                out.append(c);
            }
            budget.growing(out.length());
        }
        budget.text(out.length());
        return out.toString();
    }

    private static Object value(String field, Arguments arguments) {
        if (field.length() < 4 && field.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return arguments.required(Integer.parseInt(field), field);
        }
        Object named = arguments.named().get(field);
        if (named == null) {
            throw new TemplateError("format has no value for, or does not support, the field {" + field + "}");
        }
        return named;
    }
}
