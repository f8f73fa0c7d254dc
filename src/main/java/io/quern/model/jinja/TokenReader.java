package io.quern.model.jinja;

import com.hubspot.jinjava.el.ExtendedSyntaxBuilder;
import com.hubspot.jinjava.el.ext.ExtendedParser;
import jinjava.de.odysseus.el.tree.impl.Scanner;
import jinjava.de.odysseus.el.tree.impl.Scanner.Symbol;
import jinjava.de.odysseus.el.tree.impl.Scanner.Token;

/** The tokens of one expression, as jinjava's scanner cuts them. */
final class TokenReader extends ExtendedParser {
    private final int line;

    /** @param line for messages */
    TokenReader(String expression, int line) {
        super(new ExtendedSyntaxBuilder(), "#{" + expression + "}");
        this.line = line;
        take();
        if (getToken().getSymbol() != Symbol.START_EVAL_DEFERRED) {
            throw new IllegalStateException("the scanner did not begin an expression");
        }
        take();
    }

    @Override
    protected Scanner createScanner(String expression) {
        return new PythonScanner(expression);
    }

    /** Whether a word or sign stands next, not a string that reads so. */
    boolean at(String image) {
        return !atString() && image.equals(getToken().getImage());
    }

    boolean behind(String image) {
        try {
            Token next = lookahead(0);
            return next.getSymbol() != Symbol.STRING && image.equals(next.getImage());
        } catch (Scanner.ScanException | ParseException e) {
            throw syntaxError(e.getMessage());
        }
    }

    boolean atString() {
        return getToken().getSymbol() == Symbol.STRING;
    }

    boolean atWhole() {
        return getToken().getSymbol() == Symbol.INTEGER;
    }

    boolean atReal() {
        return getToken().getSymbol() == Symbol.FLOAT;
    }

    /** A name, also one that jinjava's language keeps for itself. */
    boolean atName() {
        String image = getToken().getImage();
        return !atString()
                && !atEnd()
                && !image.isEmpty()
                && Character.isJavaIdentifierStart(image.charAt(0))
                && image.chars().allMatch(Character::isJavaIdentifierPart);
    }

    boolean atEnd() {
        return getToken().getSymbol() == Symbol.END_EVAL || getToken().getSymbol() == Symbol.EOF;
    }

    String image() {
        return getToken().getImage();
    }

    String take() {
        try {
            Token token = consumeToken();
            return token == null ? "" : token.getImage();
        } catch (Scanner.ScanException | ParseException e) {
            throw syntaxError(e.getMessage());
        }
    }

    boolean takeIf(String image) {
        if (at(image)) {
            take();
            return true;
        }
        return false;
    }

    void expect(String image) {
        if (!takeIf(image)) {
            throw unexpected("'" + image + "'");
        }
    }

    void expectEnd() {
        if (!atEnd()) {
            throw unexpected("the end");
        }
    }

    String name() {
        if (!atName()) {
            throw unexpected("a name");
        }
        return take();
    }

    TemplateException unexpected(String expected) {
        return syntaxError(
                "found " + (atEnd() ? "the end" : "'" + getToken().getImage() + "'") + ", expected " + expected);
    }

    TemplateException syntaxError(String problem) {
        String expression =
                scanner.getInput().substring(2, scanner.getInput().length() - 1).strip();
        return new TemplateException(
                TemplateException.Fault.TEMPLATE, line, "'" + expression + "' cannot be read: " + problem);
    }
}
