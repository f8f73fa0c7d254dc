package io.quern.model.jinja;

import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Writes JSON as Python's json.dumps(ensure_ascii=False) does: a space after comma and colon, keys in their order. */
final class Json {
    private final Budget budget;
    private final String indent;
    private final StringBuilder out = new StringBuilder();

    private Json(Budget budget, String indent) {
        this.budget = budget;
        this.indent = indent;
    }

    /** @param indent null: all on one line */
    static String write(Object value, String indent, Budget budget) {
        Json json = new Json(budget, indent);
        json.append(value, 0);
        budget.text(json.out.length());
        return json.out.toString();
    }

    private void append(Object value, int depth) {
        budget.step();
        switch (value) {
            case String s -> appendQuoted(s);
            case Boolean b -> out.append(b.booleanValue());
            case None none -> out.append("null");
            case Double d -> out.append(special(d));
            case Long n -> out.append(n.longValue());
            case List<?> list -> appendList(list, depth);
            case Map<?, ?> map -> appendMap(map, depth);
            default -> throw new TemplateError(Values.typeName(value) + " cannot be written as JSON");
        }
        budget.growing(out.length());
    }

    private static String special(double value) {
        return Double.isNaN(value)
                ? "NaN"
                : Double.isInfinite(value) ? value > 0 ? "Infinity" : "-Infinity" : Text.real(value);
    }

    private void appendList(List<?> list, int depth) {
        out.append('[');
        for (Iterator<?> elements = list.iterator(); elements.hasNext(); ) {
            startLine(depth + 1);
            append(None.orValue(elements.next()), depth + 1);
            endElement(elements.hasNext(), depth);
        }
        out.append(']');
    }

    private void appendMap(Map<?, ?> map, int depth) {
        out.append('{');
        for (Iterator<? extends Map.Entry<?, ?>> entries = map.entrySet().iterator(); entries.hasNext(); ) {
            Map.Entry<?, ?> entry = entries.next();
            startLine(depth + 1);
            appendQuoted(Text.of(budget, entry.getKey()));
            out.append(": ");
            append(None.orValue(entry.getValue()), depth + 1);
            endElement(entries.hasNext(), depth);
        }
        out.append('}');
    }

    private void startLine(int depth) {
        if (indent != null) {
            budget.growing(out.length() + (long) indent.length() * depth);
            budget.characters((long) indent.length() * depth);
            out.append('\n').repeat(indent, depth);
        }
    }

    private void endElement(boolean more, int depth) {
        if (more) {
            out.append(indent == null ? ", " : ",");
        } else {
            startLine(depth);
        }
    }

    private void appendQuoted(String text) {
        budget.characters(text.length());
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                default -> {
                    if (c < ' ') {
                        out.append("\\u");
                        Text.appendHex(out, c, 4);
                    } else {
                        out.append(c);
                    }
                }
            }
            budget.growing(out.length());
        }
        out.append('"');
    }
}
