package io.quern.model.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Makes jinjava's kind of tree of the pieces of a template. All syntax errors are found here, before anything is rendered. */
final class TemplateParser {
    private final List<Piece> pieces;
    private int next;
    private int loopDepth;

    private TemplateParser(List<Piece> pieces) {
        this.pieces = pieces;
    }

    static Body parse(String template) {
        return new TemplateParser(Lexer.cut(template)).body(null, Set.of());
    }

    /** Up to one of the ends, which is not taken. */
    private Body body(Piece.Tag opening, Set<String> ends) {
        Body body = new Body(opening == null ? 1 : opening.line());
        while (next < pieces.size()) {
            Piece piece = pieces.get(next);
            if (piece instanceof Piece.Tag tag && ends.contains(tag.name())) {
                return body;
            }
            next++;
            switch (piece) {
                case Piece.Literal literal -> body.addText(literal.text(), literal.line());
                case Piece.Print print ->
                    body.add(new PrintNode(print.line(), ExpressionParser.parse(print.expression(), print.line())));
                case Piece.Tag tag -> body.add(statement(tag));
            }
        }
        if (opening != null) {
            throw error(opening, "the tag '" + opening.name() + "' is not closed");
        }
        return body;
    }

    private StatementNode statement(Piece.Tag tag) {
        return switch (tag.name()) {
            case "if" -> branches(tag);
            case "for" -> loop(tag);
            case "set" -> assignment(tag);
            case "macro" -> macro(tag);
            case "break" -> signal(tag, PromptInterpreter.LoopSignal.BREAK);
            case "continue" -> signal(tag, PromptInterpreter.LoopSignal.CONTINUE);
            // marks the assistant's text for training; renders as if it were not there
            case "generation" -> closed(tag, "endgeneration");
            case "filter" -> filtered(tag);
            case "elif", "else", "endif", "endfor", "endset", "endmacro", "endgeneration", "endfilter" ->
                throw error(tag, "the tag '" + tag.name() + "' closes or goes on with nothing");
            default -> throw error(tag, "the tag '" + tag.name() + "' is not supported");
        };
    }

    private StatementNode branches(Piece.Tag opening) {
        List<IfNode.Branch> branches = new ArrayList<>();
        Piece.Tag tag = opening;
        while (!tag.name().equals("else")) {
            Expression condition = ExpressionParser.parse(tag.rest(), tag.line());
            Body body = body(opening, Set.of("elif", "else", "endif"));
            branches.add(new IfNode.Branch(condition, tag.line(), body));
            tag = takeTag();
            if (tag.name().equals("endif")) {
                return new IfNode(opening.line(), branches, new Body(tag.line()));
            }
        }
        Body otherwise = body(opening, Set.of("endif"));
        takeTag();
        return new IfNode(opening.line(), branches, otherwise);
    }

    private StatementNode loop(Piece.Tag opening) {
        TokenReader tokens = new TokenReader(opening.rest(), opening.line());
        Target target = Target.read(tokens);
        tokens.expect("in");
        ExpressionParser expressions = new ExpressionParser(tokens);
        Expression over = expressions.withoutCondition();
        Expression condition = tokens.takeIf("if") ? expressions.expression() : null;
        if (tokens.at("recursive")) {
            throw error(opening, "recursive loops are not supported");
        }
        tokens.expectEnd();
        loopDepth++;
        Body body = body(opening, Set.of("else", "endfor"));
        loopDepth--;
        Body otherwise = new Body(opening.line());
        if (takeTag().name().equals("else")) {
            otherwise = body(opening, Set.of("endfor"));
            takeTag();
        }
        return new ForNode(opening.line(), target, over, condition, body, otherwise);
    }

    private StatementNode assignment(Piece.Tag tag) {
        TokenReader tokens = new TokenReader(tag.rest(), tag.line());
        Target target = Target.read(tokens);
        if (tokens.takeIf("=")) {
            Expression value = new ExpressionParser(tokens).tupleOrOne();
            tokens.expectEnd();
            return new SetNode(tag.line(), target, value);
        }
        tokens.expectEnd();
        return SetNode.ofBody(tag.line(), target, closed(tag, "endset"));
    }

    private StatementNode macro(Piece.Tag tag) {
        TokenReader tokens = new TokenReader(tag.rest(), tag.line());
        String name = tokens.name();
        List<MacroNode.Parameter> parameters = MacroNode.readParameters(tokens);
        tokens.expectEnd();
        return new MacroNode(tag.line(), name, parameters, closed(tag, "endmacro"));
    }

    private StatementNode filtered(Piece.Tag tag) {
        TokenReader tokens = new TokenReader(tag.rest(), tag.line());
        Body[] body = new Body[1];
        Expression filtered = new ExpressionParser(tokens).filters(i -> body[0].render(i));
        tokens.expectEnd();
        body[0] = closed(tag, "endfilter");
        return new PrintNode(tag.line(), filtered);
    }

    private StatementNode signal(Piece.Tag tag, PromptInterpreter.LoopSignal signal) {
        if (loopDepth == 0) {
            throw error(tag, "'" + tag.name() + "' stands outside of a loop");
        }
        return new LoopSignalNode(tag.line(), signal);
    }

    private Body closed(Piece.Tag opening, String end) {
        Body body = body(opening, Set.of(end));
        takeTag();
        return body;
    }

    private Piece.Tag takeTag() {
        return (Piece.Tag) pieces.get(next++);
    }

    private static TemplateException error(Piece.Tag tag, String problem) {
        return new TemplateException(TemplateException.Fault.TEMPLATE, tag.line(), problem);
    }
}
