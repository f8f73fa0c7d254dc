package io.quern.jinja;

import java.util.List;

/** The tokens of one expression or tag, read from left to right. */
final class Tokens {
    private final String source;
    private final int line;
    private final List<Token> tokens;
    private int next;

    Tokens(String source, int line) {
        this.source = source;
        this.line = line;
        this.tokens = Tokenizer.cut(source, line);
    }

    int line() {
        return line;
    }

    Token peek() {
        return tokens.get(next);
    }

    /** Returns whether the next token is this word or sign (and not a string with the same text). */
    boolean at(String word) {
        return peek().is(word);
    }

    boolean at(Token.Kind kind) {
        return peek().kind() == kind;
    }

    /** Returns whether the word follows the next token. */
    boolean behind(String word) {
        return next + 1 < tokens.size() && tokens.get(next + 1).is(word);
    }

    /** Returns whether the bracket that opens here is closed by the last token. */
    boolean closesAtEnd() {
        int depth = 0;
        for (int i = next; i < tokens.size(); i++) {
            Token token = tokens.get(i);
            if (token.is("(") || token.is("[") || token.is("{")) {
                depth++;
            } else if ((token.is(")") || token.is("]") || token.is("}")) && --depth == 0) {
                return i == tokens.size() - 2;
            }
        }
        return false;
    }

    boolean atEnd() {
        return at(Token.Kind.END);
    }

    Token take() {
        Token token = peek();
        if (token.kind() != Token.Kind.END) {
            next++;
        }
        return token;
    }

    boolean takeIf(String word) {
        if (at(word)) {
            take();
            return true;
        }
        return false;
    }

    void expect(String word) {
        if (!takeIf(word)) {
            throw unexpected("'" + word + "'");
        }
    }

    void expectEnd() {
        if (!atEnd()) {
            throw unexpected("the end");
        }
    }

    String name() {
        if (!at(Token.Kind.NAME)) {
            throw unexpected("a name");
        }
        return take().text();
    }

    TemplateException unexpected(String expected) {
        return error("found " + peek().described() + ", expected " + expected);
    }

    TemplateException error(String problem) {
        return new TemplateException(
                TemplateException.Fault.TEMPLATE, line, "'" + source.strip() + "' is not valid: " + problem);
    }
}
