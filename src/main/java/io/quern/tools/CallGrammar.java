package io.quern.tools;

import static io.quern.grammar.Expression.choice;
import static io.quern.grammar.Expression.literal;
import static io.quern.grammar.Expression.optional;
import static io.quern.grammar.Expression.reference;
import static io.quern.grammar.Expression.repeat;
import static io.quern.grammar.Expression.sequence;

import com.fasterxml.jackson.databind.JsonNode;
import io.quern.grammar.CodePoints;
import io.quern.grammar.Expression;
import io.quern.grammar.Grammar;
import io.quern.grammar.GrammarBuilder;
import io.quern.grammar.GrammarException;
import io.quern.grammar.GrammarLimits;
import io.quern.grammar.SchemaGrammars;
import java.util.ArrayList;
import java.util.List;

/** Builds the grammar of answers that consist of calls, in a model's own format. */
final class CallGrammar {
    private static final String CALLS = "calls";
    private static final String ROOT = "answer";
    private static final String THOUGHT = "thought";

    /** Calls of one answer. Without a limit, a small model that may call again does so until {@code max_tokens}. */
    private static final int MAX_CALLS = 16;

    private final AnswerFormat format;
    private final ToolUse use;
    private final GrammarBuilder builder;
    private final SchemaGrammars schemas;

    private CallGrammar(AnswerFormat format, ToolUse use, GrammarLimits limits) {
        this.format = format;
        this.use = use;
        this.builder = new GrammarBuilder(limits);
        this.schemas = new SchemaGrammars(limits);
    }

    /**
     * Returns the grammar of calls.
     *
     * @throws GrammarException if the schema of a strict tool cannot be expressed
     */
    static Grammar calls(AnswerFormat format, ToolUse use, GrammarLimits limits) {
        CallGrammar grammar = new CallGrammar(format, use, limits);
        grammar.addCalls();
        return grammar.builder.build(CALLS, "tools");
    }

    /**
     * Returns the grammar of a whole answer: reasoning, if the model thinks, and calls.
     *
     * @param open whether the prompt has opened the reasoning
     */
    static Grammar answer(AnswerFormat format, ToolUse use, boolean open, GrammarLimits limits) {
        CallGrammar grammar = new CallGrammar(format, use, limits);
        grammar.addCalls();
        grammar.builder.rule(ROOT, grammar.afterReasoning(open, reference(CALLS)));
        return grammar.builder.build(ROOT, "tools");
    }

    private Expression afterReasoning(boolean open, Expression answer) {
        if (format.calls() == CallFormat.GPT_OSS) {
            builder.rule(THOUGHT, textWithout('<', "|"));
            return sequence(
                    optional(sequence(
                            literal("<|channel|>analysis<|message|>"),
                            reference(THOUGHT),
                            literal("<|end|><|start|>assistant"))),
                    answer);
        }
        return format.reasoning()
                .marks()
                .map(marks -> {
                    builder.rule(THOUGHT, textWithout(marks.close().charAt(0), "/"));
                    Expression space = repeat(choice(literal("\n"), literal(" ")), 0, 4);
                    Expression thought = sequence(reference(THOUGHT), literal(marks.close()), space);
                    return sequence(
                            open ? thought : optional(sequence(literal(marks.open()), thought)), answer);
                })
                .orElse(answer);
    }

    /** Returns text in which a character is never followed by another, so that it cannot contain a mark. */
    private static Expression textWithout(char first, String second) {
        Expression other = new Expression.CharSet(CodePoints.except(String.valueOf(first)));
        Expression harmless = new Expression.CharSet(CodePoints.except(second + first));
        return repeat(
                choice(other, sequence(literal(String.valueOf(first)), harmless)), 0, Expression.Repeat.UNBOUNDED);
    }

    private void addCalls() {
        List<Expression> one = new ArrayList<>();
        List<Tool> tools = use.callable();
        for (int i = 0; i < tools.size(); i++) {
            one.add(call(tools.get(i), "tool-" + i));
        }
        builder.rule("call", choice(one));
        builder.rule(CALLS, several(reference("call")));
    }

    private Expression several(Expression call) {
        int more = use.parallel() ? MAX_CALLS - 1 : 0;
        return switch (format.calls()) {
            case HERMES, QWEN3_CODER, JSON -> separated(call, "\n", more);
            case LLAMA3, GPT_OSS -> call; // their templates know one call in a message
            case MISTRAL ->
                format.newer()
                        ? separated(call, "", more)
                        : sequence(literal(MistralCalls.MARK + "["), separated(call, ", ", more), literal("]"));
            case DEEPSEEK ->
                sequence(
                        literal(DeepSeekCalls.CALLS_BEGIN),
                        separated(call, format.newer() ? "" : "\n", more),
                        literal(DeepSeekCalls.CALLS_END));
            case AUTO, NONE -> throw new IllegalStateException("no calls in " + format);
        };
    }

    private static Expression separated(Expression call, String separator, int more) {
        return sequence(call, repeat(sequence(literal(separator), call), 0, more));
    }

    private Expression call(Tool tool, String rule) {
        if (format.calls() == CallFormat.QWEN3_CODER) {
            return elements(tool, rule);
        }
        builder.embed(rule, arguments(tool));
        Expression arguments = reference(rule);
        String name = tool.name();
        return switch (format.calls()) {
            case HERMES, JSON ->
                around(
                        HermesCalls.OPEN + "\n{\"name\": \"" + name + "\", \"arguments\": ",
                        arguments,
                        "}\n" + HermesCalls.CLOSE);
            case LLAMA3 -> around("{\"name\": \"" + name + "\", \"parameters\": ", arguments, "}");
            case MISTRAL ->
                format.newer()
                        ? around(MistralCalls.MARK + name + MistralCalls.ARGS, arguments, "")
                        : around("{\"name\": \"" + name + "\", \"arguments\": ", arguments, "}");
            case GPT_OSS ->
                around(
                        "<|channel|>commentary to=functions." + name + " <|constrain|>json<|message|>",
                        arguments,
                        "");
            case DEEPSEEK ->
                format.newer()
                        ? around(
                                DeepSeekCalls.BEGIN + name + DeepSeekCalls.SEPARATOR, arguments, DeepSeekCalls.END)
                        : around(
                                DeepSeekCalls.BEGIN + "function" + DeepSeekCalls.SEPARATOR + name + "\n```json\n",
                                arguments,
                                "\n```" + DeepSeekCalls.END);
            case QWEN3_CODER, AUTO, NONE -> throw new IllegalStateException("no JSON in " + format);
        };
    }

    private static Expression around(String before, Expression arguments, String after) {
        return sequence(literal(before), arguments, literal(after));
    }

    /** Returns the grammar of a tool's arguments. A schema that is not strict is only as good as a grammar can be. */
    private Grammar arguments(Tool tool) {
        if (tool.parameters() == null) {
            return new GrammarBuilder(schemas.limits()).rule("none", literal("{}")).build("none", tool.path());
        }
        try {
            return schemas.of(tool.parameters(), tool.path() + ".parameters");
        } catch (GrammarException e) {
            if (tool.strict()) {
                throw e;
            }
            return schemas.anyObject();
        }
    }

    private Expression elements(Tool tool, String rule) {
        List<Expression> parts = new ArrayList<>();
        parts.add(literal(HermesCalls.OPEN + "\n" + XmlCalls.FUNCTION + tool.name() + ">\n"));
        JsonNode parameters = tool.parameters();
        if (parameters != null) {
            List<String> required = new ArrayList<>();
            parameters.path("required").forEach(name -> required.add(name.asText()));
            int number = 0;
            for (var property : parameters.path("properties").properties()) {
                String name = rule + "-" + number++;
                builder.rule(name, value(tool, property.getKey(), property.getValue(), name));
                Expression element = around("<parameter=" + property.getKey() + ">\n", reference(name), "\n</parameter>\n");
                parts.add(required.contains(property.getKey()) ? element : optional(element));
            }
        }
        parts.add(literal("</function>\n" + HermesCalls.CLOSE));
        return sequence(parts);
    }

    private Expression value(Tool tool, String name, JsonNode schema, String rule) {
        if (!"string".equals(tool.typeOf(name))) {
            try {
                builder.embed(rule + "-value", schemas.of(schema, tool.path() + ".parameters.properties." + name));
                return reference(rule + "-value");
            } catch (GrammarException e) {
                if (tool.strict()) {
                    throw e;
                }
            }
        }
        if (schema.path("enum").isArray() && !schema.path("enum").isEmpty()) {
            List<Expression> values = new ArrayList<>();
            schema.path("enum").forEach(value -> values.add(literal(value.asText())));
            return choice(values);
        }
        return textWithout('<', "/");
    }
}
