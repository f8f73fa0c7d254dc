package io.quern.jinja;

import java.util.ArrayList;
import java.util.List;

/**
 * Splits a template into pieces by jinja2's rules, with trim_blocks and lstrip_blocks on, as transformers sets them.
 * The line break after a tag, the indentation before one and the template's last line break are removed, and so are
 * comments.
 */
final class Cutter {
    private final String source;
    private final List<Piece> pieces = new ArrayList<>();
    private int at;
    private int line = 1;
    /** Whether the last piece ended a line, so that white space after it is an indentation. */
    private boolean atLineStart = true;

    private Cutter(String source) {
        this.source = source;
    }

    static List<Piece> cut(String template) {
        String source = template.replace("\r\n", "\n").replace('\r', '\n');
        if (source.endsWith("\n")) {
            source = source.substring(0, source.length() - 1);
        }
        Cutter lexer = new Cutter(source);
        while (lexer.at < source.length()) {
            lexer.next();
        }
        return lexer.pieces;
    }

    private void next() {
        int open = nextOpening();
        if (open < 0) {
            literal(source.substring(at));
            advanceTo(source.length());
            return;
        }
        char kind = source.charAt(open + 1);
        int inside = open + 2;
        char control = inside < source.length() ? source.charAt(inside) : 0;
        literal(beforeOpening(source.substring(at, open), kind, control));
        advanceTo(open);
        if (control == '-' || control == '+' && kind != '{') {
            inside++;
        }
        switch (kind) {
            case '#' -> comment(inside);
            case '{' -> print(inside);
            default -> tag(inside);
        }
    }

    private int nextOpening() {
        for (int i = source.indexOf('{', at); i >= 0; i = source.indexOf('{', i + 1)) {
            char next = i + 1 < source.length() ? source.charAt(i + 1) : 0;
            if (next == '{' || next == '%' || next == '#') {
                return i;
            }
        }
        return -1;
    }

    private String beforeOpening(String text, char kind, char control) {
        if (control == '-') {
            return Text.stripEnd(text);
        }
        if (kind == '{' || control == '+') {
            return text;
        }
        int lineStart = text.lastIndexOf('\n') + 1;
        boolean indentation = (lineStart > 0 || atLineStart)
                && Text.stripStart(text.substring(lineStart)).isEmpty();
        return indentation ? text.substring(0, lineStart) : text;
    }

    private void comment(int inside) {
        int end = source.indexOf("#}", inside);
        if (end < 0) {
            throw unclosed("comment");
        }
        boolean strip = end > inside && source.charAt(end - 1) == '-';
        close(end + 2, strip, !(end > inside && source.charAt(end - 1) == '+'));
    }

    private void print(int inside) {
        int end = closing(inside, "}}");
        boolean strip = end > inside && source.charAt(end - 1) == '-';
        pieces.add(new Piece.Print(source.substring(inside, strip ? end - 1 : end), line));
        close(end + 2, strip, false);
    }

    private void tag(int inside) {
        int end = closing(inside, "%}");
        char control = end > inside ? source.charAt(end - 1) : 0;
        boolean controlled = control == '-' || control == '+';
        String content = source.substring(inside, controlled ? end - 1 : end).strip();
        int nameEnd = 0;
        while (nameEnd < content.length() && Character.isJavaIdentifierPart(content.charAt(nameEnd))) {
            nameEnd++;
        }
        String name = content.substring(0, nameEnd);
        if (name.equals("raw")) {
            close(end + 2, control == '-', false);
            raw();
        } else {
            pieces.add(new Piece.Tag(name, content.substring(nameEnd), line));
            close(end + 2, control == '-', control != '+');
        }
    }

    private void raw() {
        for (int open = source.indexOf("{%", at); open >= 0; open = source.indexOf("{%", open + 2)) {
            char control = source.charAt(Math.min(open + 2, source.length() - 1));
            int inside = open + (control == '-' || control == '+' ? 3 : 2);
            int close = source.indexOf("%}", inside);
            if (close < 0) {
                break;
            }
            boolean strip = source.charAt(close - 1) == '-';
            boolean keep = source.charAt(close - 1) == '+';
            String content = source.substring(inside, Math.max(inside, strip || keep ? close - 1 : close));
            if (content.strip().equals("endraw")) {
                literal(beforeOpening(source.substring(at, open), '%', control));
                advanceTo(open);
                close(close + 2, strip, !keep);
                return;
            }
        }
        if (at < source.length()) {
            throw unclosed("raw block");
        }
    }

    /** Finds the closing sign outside strings and brackets. */
    private int closing(int from, String sign) {
        int depth = 0;
        for (int i = from; i < source.length(); i++) {
            char c = source.charAt(i);
            if (c == '\'' || c == '"') {
                i = endOfString(i);
            } else if (depth == 0 && source.startsWith(sign, i)) {
                return i;
            } else if (c == '(' || c == '[' || c == '{') {
                depth++;
            } else if (c == ')' || c == ']' || c == '}') {
                depth--;
            }
        }
        throw unclosed(sign.equals("}}") ? "expression" : "tag");
    }

    private int endOfString(int open) {
        char quote = source.charAt(open);
        for (int i = open + 1; i < source.length(); i++) {
            char c = source.charAt(i);
            if (c == '\\') {
                i++;
            } else if (c == quote) {
                return i;
            }
        }
        throw unclosed("string");
    }

    private void close(int end, boolean strip, boolean trimLineBreak) {
        int next = end;
        if (strip) {
            while (next < source.length() && Text.isSpace(source.charAt(next))) {
                next++;
            }
        } else if (trimLineBreak && next < source.length() && source.charAt(next) == '\n') {
            next++;
        }
        advanceTo(next);
    }

    private void literal(String text) {
        if (!text.isEmpty()) {
            pieces.add(new Piece.Literal(text, line));
        }
    }

    private void advanceTo(int next) {
        for (int i = at; i < next; i++) {
            if (source.charAt(i) == '\n') {
                line++;
            }
        }
        if (next > at) {
            atLineStart = source.charAt(next - 1) == '\n';
        }
        at = next;
    }

    private TemplateException unclosed(String what) {
        return new TemplateException(
                TemplateException.Fault.TEMPLATE, line, "the " + what + " that begins here does not end");
    }
}
