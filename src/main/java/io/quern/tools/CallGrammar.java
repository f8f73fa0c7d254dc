package io.quern.tools;

import static io.quern.grammar.Expression.choice;
import static io.quern.grammar.Expression.literal;
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
import org.jspecify.annotations.Nullable;

/** Builds the grammar of answers that consist of calls, in a model's own format. */
final class CallGrammar {
    private static final String CALLS = "calls";
    private static final String ROOT = "answer";
    private static final String THOUGHT = "thought";
    private static final String CONTENT = "content";
    private static final String HARMONY_CALL = HarmonyParser.CHANNEL + "commentary to=functions.";

    /** Calls of one answer. Without a limit, a small model that may call again does so until {@code max_tokens}. */
    private static final int MAX_CALLS = 16;

    private final AnswerFormat format;
    private final ToolUse use;
    private final String trigger;
    private final GrammarBuilder builder;
    private final SchemaGrammars schemas;

    private CallGrammar(AnswerFormat format, ToolUse use, String trigger, GrammarLimits limits) {
        this.format = format;
        this.use = use;
        this.trigger = trigger;
        this.builder = new GrammarBuilder(limits);
        this.schemas = new SchemaGrammars(limits);
    }

    /**
     * Returns the grammar of calls that the model may make: of what follows the text that begins a call, or of the
     * whole answer if the format has no such text.
     *
     * @throws GrammarException if the schema of a strict tool cannot be expressed
     */
    static CallRules optional(AnswerFormat format, ToolUse use, GrammarLimits limits) {
        String trigger = trigger(format.calls());
        CallGrammar grammar = new CallGrammar(format, use, trigger, limits);
        grammar.addCalls();
        if (!trigger.isEmpty()) {
            return new CallRules(grammar.builder.build(CALLS, "tools"), List.of(trigger));
        }
        Expression any = new Expression.CharSet(CodePoints.except(""));
        Expression text =
                sequence(new Expression.CharSet(CodePoints.except("{")), repeat(any, 0, Expression.Repeat.UNBOUNDED));
        grammar.builder.rule(ROOT, choice(reference(CALLS), Expression.optional(text)));
        return new CallRules(grammar.builder.build(ROOT, "tools"), List.of());
    }

    /** Returns the text that begins a call, or an empty one. */
    private static String trigger(CallFormat format) {
        return switch (format) {
            case HERMES, QWEN3_CODER, JSON -> HermesCalls.OPEN;
            case MISTRAL -> MistralCalls.MARK;
            case DEEPSEEK -> DeepSeekCalls.CALLS_BEGIN;
            case GPT_OSS -> HARMONY_CALL;
            case LLAMA3, AUTO, NONE -> "";
        };
    }

    /**
     * Returns the grammar of a whole answer: reasoning, if the model thinks, and then calls or the content. If a call
     * is demanded, there is no content.
     *
     * @param open whether the prompt has opened the reasoning
     * @param content the grammar of the content, or null if only calls are possible
     */
    static Grammar answer(
            AnswerFormat format, ToolUse use, boolean open, @Nullable Grammar content, GrammarLimits limits) {
        CallGrammar grammar = new CallGrammar(format, use, "", limits);
        List<Expression> possible = new ArrayList<>();
        if (format.calls() != CallFormat.NONE && !use.callable().isEmpty()) {
            grammar.addCalls();
            possible.add(reference(CALLS));
        }
        if (content != null && !use.forced()) {
            grammar.builder.embed(CONTENT, content);
            boolean channels = format.calls() == CallFormat.GPT_OSS;
            possible.add(sequence(
                    literal(channels ? HarmonyParser.CHANNEL + "final" + HarmonyParser.MESSAGE : ""),
                    reference(CONTENT)));
        }
        grammar.builder.rule(ROOT, grammar.afterReasoning(open, choice(possible)));
        return grammar.builder.build(ROOT, "tools");
    }

    private Expression afterReasoning(boolean open, Expression answer) {
        if (format.calls() == CallFormat.GPT_OSS) {
            builder.rule(THOUGHT, textWithout('<', "|", Expression.Repeat.UNBOUNDED));
            return sequence(
                    Expression.optional(sequence(
                            literal(HarmonyParser.CHANNEL + "analysis" + HarmonyParser.MESSAGE),
                            reference(THOUGHT),
                            literal(HarmonyParser.END + HarmonyParser.START + "assistant"))),
                    answer);
        }
        return format.reasoning()
                .marks()
                .map(marks -> {
                    builder.rule(THOUGHT, textWithout(marks.close().charAt(0), "/", Expression.Repeat.UNBOUNDED));
                    Expression space = repeat(choice(literal("\n"), literal(" ")), 0, 4);
                    Expression thought = sequence(reference(THOUGHT), literal(marks.close()), space);
                    return sequence(
                            open ? thought : Expression.optional(sequence(literal(marks.open()), thought)), answer);
                })
                .orElse(answer);
    }

    /** Returns text in which a character is never followed by another, so that it cannot contain a mark. */
    private static Expression textWithout(char first, String second, int max) {
        Expression other = new Expression.CharSet(CodePoints.except(String.valueOf(first)));
        Expression harmless = new Expression.CharSet(CodePoints.except(second + first));
        return repeat(choice(other, sequence(literal(String.valueOf(first)), harmless)), 0, max);
    }

    private void addCalls() {
        List<Expression> first = new ArrayList<>();
        List<Expression> further = new ArrayList<>();
        List<Tool> tools = use.callable();
        for (int i = 0; i < tools.size(); i++) {
            Expression rest = arguments(tools.get(i), "tool-" + i);
            String before = beforeArguments(tools.get(i));
            first.add(sequence(literal(withoutTrigger(before)), rest));
            further.add(sequence(literal(before), rest));
        }
        builder.rule("first-call", choice(first));
        builder.rule("call", choice(further));
        builder.rule(CALLS, several(reference("first-call"), reference("call")));
    }

    /** Returns a text without the trigger, which is in the answer already. */
    private String withoutTrigger(String text) {
        return text.startsWith(trigger) ? text.substring(trigger.length()) : text;
    }

    private Expression several(Expression first, Expression call) {
        int more = use.parallel() ? MAX_CALLS - 1 : 0;
        return switch (format.calls()) {
            case HERMES, QWEN3_CODER, JSON -> separated(first, call, "\n", more);
            case LLAMA3, GPT_OSS -> first; // their templates know one call in a message
            case MISTRAL ->
                format.newer()
                        ? separated(first, call, "", more)
                        : sequence(
                                literal(withoutTrigger(MistralCalls.MARK + "[")),
                                separated(first, call, ", ", more),
                                literal("]"));
            case DEEPSEEK ->
                sequence(
                        literal(withoutTrigger(DeepSeekCalls.CALLS_BEGIN)),
                        separated(first, call, format.newer() ? "" : "\n", more),
                        literal(DeepSeekCalls.CALLS_END));
            case AUTO, NONE -> throw new IllegalStateException("no calls in " + format);
        };
    }

    private static Expression separated(Expression first, Expression call, String separator, int more) {
        return sequence(first, repeat(sequence(literal(separator), call), 0, more));
    }

    private String beforeArguments(Tool tool) {
        String name = tool.name();
        return switch (format.calls()) {
            case HERMES, JSON -> HermesCalls.OPEN + "\n{\"name\": \"" + name + "\", \"arguments\": ";
            case QWEN3_CODER -> HermesCalls.OPEN + "\n" + XmlCalls.FUNCTION + name + ">\n";
            case LLAMA3 -> "{\"name\": \"" + name + "\", \"parameters\": ";
            case MISTRAL ->
                format.newer()
                        ? MistralCalls.MARK + name + MistralCalls.ARGS
                        : "{\"name\": \"" + name + "\", \"arguments\": ";
            case GPT_OSS -> HARMONY_CALL + name + " <|constrain|>json" + HarmonyParser.MESSAGE;
            case DEEPSEEK ->
                format.newer()
                        ? DeepSeekCalls.BEGIN + name + DeepSeekCalls.SEPARATOR
                        : DeepSeekCalls.BEGIN + "function" + DeepSeekCalls.SEPARATOR + name + "\n```json\n";
            case AUTO, NONE -> throw new IllegalStateException("no calls in " + format);
        };
    }

    private String afterArguments() {
        return switch (format.calls()) {
            case HERMES, JSON -> "}\n" + HermesCalls.CLOSE;
            case QWEN3_CODER -> XmlCalls.END_OF_FUNCTION + "\n" + HermesCalls.CLOSE;
            case LLAMA3 -> "}";
            case MISTRAL -> format.newer() ? "" : "}";
            case GPT_OSS, AUTO, NONE -> "";
            case DEEPSEEK -> (format.newer() ? "" : "\n```") + DeepSeekCalls.END;
        };
    }

    private Expression arguments(Tool tool, String rule) {
        if (format.calls() == CallFormat.QWEN3_CODER) {
            return sequence(elements(tool, rule), literal(afterArguments()));
        }
        builder.embed(rule, arguments(tool));
        return sequence(reference(rule), literal(afterArguments()));
    }

    /** Returns the grammar of a tool's arguments: any object if the schema is not strict and cannot be expressed. */
    private Grammar arguments(Tool tool) {
        if (tool.parameters() == null) {
            return new GrammarBuilder(schemas.limits())
                    .rule("none", literal("{}"))
                    .build("none", tool.path());
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
        JsonNode parameters = tool.parameters();
        if (parameters != null) {
            List<String> required = new ArrayList<>();
            parameters.path("required").forEach(name -> required.add(name.asText()));
            int number = 0;
            for (var property : parameters.path("properties").properties()) {
                String name = rule + "-" + number++;
                builder.rule(name, value(tool, property.getKey(), property.getValue(), name));
                Expression element = sequence(
                        literal(XmlCalls.PARAMETER + property.getKey() + ">\n"),
                        reference(name),
                        literal("\n" + XmlCalls.END_OF_PARAMETER + "\n"));
                parts.add(required.contains(property.getKey()) ? element : Expression.optional(element));
            }
        }
        return parts.isEmpty() ? Expression.EMPTY : sequence(parts);
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
        int max = schema.path("maxLength").canConvertToInt()
                ? schema.path("maxLength").intValue()
                : -1;
        return textWithout('<', "/", max < 0 ? Expression.Repeat.UNBOUNDED : max);
    }
}
