package io.quern.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Builds statements from the pieces of a template. All syntax errors are found here, before anything is rendered. */
final class TemplateParser {
    private static final Set<String> NEEDS_LOADER = Set.of("include", "import", "from", "extends");

    private final List<Piece> pieces;
    private final Names names = new Names();
    private int next;
    private int loopDepth;

    private TemplateParser(List<Piece> pieces) {
        this.pieces = pieces;
    }

    static Body parse(String template) {
        return new TemplateParser(Cutter.cut(template)).body(null, Set.of());
    }

    /** Parses up to one of the end tags, which is not taken. */
    private Body body(Piece.@Nullable Tag opening, Set<String> ends) {
        int line = opening == null ? 1 : opening.line();
        List<Statement> statements = new ArrayList<>();
        while (next < pieces.size()) {
            Piece piece = pieces.get(next);
            if (piece instanceof Piece.Tag tag && ends.contains(tag.name())) {
                return new Body(line, statements);
            }
            next++;
            statements.add(
                    switch (piece) {
                        case Piece.Literal literal -> new Statements.Literal(literal.line(), literal.text());
                        case Piece.Print print -> print(print.expression(), print.line());
                        case Piece.Tag tag -> statement(tag);
                    });
        }
        if (opening != null) {
            throw error(opening, "the tag '" + opening.name() + "' is not closed");
        }
        return new Body(line, statements);
    }

    private Statement print(String expression, int line) {
        return new Statements.Print(line, whole(new Tokens(expression, line)));
    }

    /** Parses all tokens as one expression. */
    private Expression whole(Tokens tokens) {
        Expression expression = new ExpressionParser(tokens, names).tupleOrOne();
        tokens.expectEnd();
        return expression;
    }

    private Statement statement(Piece.Tag tag) {
        return switch (tag.name()) {
            case "if" -> branches(tag);
            case "for" -> loop(tag);
            case "set" -> assignment(tag);
            case "with" -> with(tag);
            case "macro" -> macro(tag);
            case "call" -> call(tag);
            case "filter" -> filtered(tag);
            case "print" -> print(tag.rest(), tag.line());
            case "break" -> jump(tag, Statement.Flow.BREAK);
            case "continue" -> jump(tag, Statement.Flow.CONTINUE);
            case "generation" -> {
                new Tokens(tag.rest(), tag.line()).expectEnd();
                yield new Statements.Scope(tag.line(), outsideLoops(tag, "endgeneration"));
            }
            case "elif",
                    "else",
                    "endif",
                    "endfor",
                    "endset",
                    "endmacro",
                    "endgeneration",
                    "endfilter",
                    "endwith",
                    "endcall" -> throw error(tag, "the tag '" + tag.name() + "' has no opening tag");
            default -> {
                String why = NEEDS_LOADER.contains(tag.name()) ? ", because a model has only one template" : "";
                throw error(tag, "the tag '" + tag.name() + "' is not supported" + why);
            }
        };
    }

    private Statement branches(Piece.Tag opening) {
        List<Statements.Branch> branches = new ArrayList<>();
        Piece.Tag tag = opening;
        names.enterCondition();
        while (!tag.name().equals("else")) {
            Tokens tokens = new Tokens(tag.rest(), tag.line());
            Expression condition = new ExpressionParser(tokens, names).tupleOrOne(false);
            tokens.expectEnd();
            Body body = body(opening, Set.of("elif", "else", "endif"));
            branches.add(new Statements.Branch(condition, tag.line(), body));
            tag = takeTag();
            if (tag.name().equals("endif")) {
                names.leaveCondition();
                return new Statements.If(opening.line(), branches, Body.empty(tag.line()));
            }
        }
        Body otherwise = closed(opening, "endif");
        names.leaveCondition();
        return new Statements.If(opening.line(), branches, otherwise);
    }

    private Statement loop(Piece.Tag opening) {
        Tokens tokens = new Tokens(opening.rest(), opening.line());
        Target target = Target.read(tokens, names, false);
        tokens.expect("in");
        ExpressionParser expressions = new ExpressionParser(tokens, names);
        Expression over = expressions.tupleOrOne(false);
        Expression condition = tokens.takeIf("if") ? expressions.expression() : null;
        boolean recursive = tokens.takeIf("recursive");
        tokens.expectEnd();
        loopDepth++;
        Body body = body(opening, Set.of("else", "endfor"));
        loopDepth--;
        Body otherwise = takeTag().name().equals("else") ? closed(opening, "endfor") : Body.empty(opening.line());
        return new ForLoop(opening.line(), target, over, condition, recursive, body, otherwise);
    }

    private Statement assignment(Piece.Tag tag) {
        Tokens tokens = new Tokens(tag.rest(), tag.line());
        Target target = Target.read(tokens, names, true);
        if (tokens.takeIf("=")) {
            return new Statements.Assignment(tag.line(), target, whole(tokens));
        }
        Expression filtered = tokens.atEnd() ? null : filters(tokens);
        return new Statements.BlockAssignment(tag.line(), target, outsideLoops(tag, "endset"), filtered);
    }

    private Expression filters(Tokens tokens) {
        Expression filtered = new ExpressionParser(tokens, names).filters(frame -> frame.get(Statements.BODY));
        tokens.expectEnd();
        return filtered;
    }

    private Statement filtered(Piece.Tag tag) {
        // the first filter has no pipe
        Expression filtered = filters(new Tokens("|" + tag.rest(), tag.line()));
        return new Statements.Filtered(tag.line(), outsideLoops(tag, "endfilter"), filtered);
    }

    private Statement with(Piece.Tag tag) {
        Tokens tokens = new Tokens(tag.rest(), tag.line());
        List<Target> targets = new ArrayList<>();
        List<Expression> values = new ArrayList<>();
        while (!tokens.atEnd()) {
            if (!targets.isEmpty()) {
                tokens.expect(",");
            }
            targets.add(new Target.Name(tokens.name()));
            tokens.expect("=");
            values.add(new ExpressionParser(tokens, names).expression());
        }
        return new Statements.With(tag.line(), targets, values, closed(tag, "endwith"));
    }

    private Statement macro(Piece.Tag tag) {
        Tokens tokens = new Tokens(tag.rest(), tag.line());
        String name = tokens.name();
        List<MacroBody.Parameter> parameters = MacroBody.parameters(tokens, names);
        tokens.expectEnd();
        return new Statements.Definition(tag.line(), macroBody(tag, name, parameters, "endmacro"));
    }

    private Statement call(Piece.Tag tag) {
        Tokens tokens = new Tokens(tag.rest(), tag.line());
        List<MacroBody.Parameter> parameters = tokens.at("(") ? MacroBody.parameters(tokens, names) : List.of();
        OperandParser.Call call = new ExpressionParser(tokens, names).call();
        tokens.expectEnd();
        return new Statements.CallBlock(
                tag.line(), call.function(), call.arguments(), macroBody(tag, "caller", parameters, "endcall"));
    }

    private MacroBody macroBody(Piece.Tag tag, String name, List<MacroBody.Parameter> parameters, String end) {
        names.enterMacro();
        Body body = outsideLoops(tag, end);
        return new MacroBody(name, parameters, names.leaveMacro(), body);
    }

    private Statement jump(Piece.Tag tag, Statement.Flow flow) {
        if (loopDepth == 0) {
            throw error(tag, "'" + tag.name() + "' is outside of a loop");
        }
        new Tokens(tag.rest(), tag.line()).expectEnd();
        return new Statements.Jump(tag.line(), flow);
    }

    /** Parses a body that {@code break} cannot leave. */
    private Body outsideLoops(Piece.Tag opening, String end) {
        int around = loopDepth;
        loopDepth = 0;
        Body body = closed(opening, end);
        loopDepth = around;
        return body;
    }

    private Body closed(Piece.Tag opening, String end) {
        Body body = body(opening, Set.of(end));
        takeTag();
        return body;
    }

    /** Takes the tag that ended a body. It must contain nothing else, except for the condition of {@code elif}. */
    private Piece.Tag takeTag() {
        Piece.Tag tag = (Piece.Tag) pieces.get(next++);
        if (!tag.name().equals("elif")) {
            // jinja2 also refuses the macro's name after endmacro and the like
            new Tokens(tag.rest(), tag.line()).expectEnd();
        }
        return tag;
    }

    private static TemplateException error(Piece.Tag tag, String problem) {
        return new TemplateException(TemplateException.Fault.TEMPLATE, tag.line(), problem);
    }
}
