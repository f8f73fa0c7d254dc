package io.quern.tools;

import io.quern.grammar.Grammar;
import io.quern.grammar.GrammarLimits;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What the text of a model's answers means.
 *
 * @param calls not {@link CallFormat#AUTO}
 * @param reasoning not {@link ReasoningFormat#AUTO}
 * @param newer which of two forms the template uses: Mistral's with {@code [ARGS]}, DeepSeek's without blocks of code
 */
public record AnswerFormat(CallFormat calls, ReasoningFormat reasoning, boolean newer) {
    /** An answer that is only content. */
    public static final AnswerFormat PLAIN = new AnswerFormat(CallFormat.NONE, ReasoningFormat.NONE, false);

    /**
     * Finds the format in a chat template.
     *
     * @param template its source
     * @param calls overrides the template, unless it is {@link CallFormat#AUTO}
     * @param reasoning overrides the template, unless it is {@link ReasoningFormat#AUTO}
     */
    public static AnswerFormat of(String template, CallFormat calls, ReasoningFormat reasoning) {
        return new AnswerFormat(
                calls == CallFormat.AUTO ? CallFormat.of(template) : calls,
                reasoning == ReasoningFormat.AUTO ? ReasoningFormat.of(template) : reasoning,
                template.contains(MistralCalls.ARGS)
                        || template.contains(DeepSeekCalls.BEGIN) && !template.contains("```json"));
    }

    /** Returns the same format without reasoning, which then stays in the content. */
    public AnswerFormat withoutReasoning() {
        return new AnswerFormat(calls, ReasoningFormat.NONE, newer);
    }

    /** Returns whether the answers to such a request need a parser. */
    public boolean needsParser(ToolUse tools) {
        return reasons() || calls != CallFormat.NONE && !tools.callable().isEmpty();
    }

    /** Returns whether answers may contain reasoning that is told apart from the content. */
    public boolean reasons() {
        return calls == CallFormat.GPT_OSS || reasoning != ReasoningFormat.NONE;
    }

    /**
     * Returns whether the marks may be control tokens, so that the text must contain them. The marks of {@link
     * CallFormat#JSON} are text.
     */
    public boolean hasControlTokens() {
        return reasoning != ReasoningFormat.NONE || calls != CallFormat.JSON && calls != CallFormat.NONE;
    }

    /**
     * Creates the parser of one answer.
     *
     * @param prompt the text that the answer continues; it may have opened the reasoning
     */
    public Function<AnswerParts, AnswerParser> parser(ToolUse tools, String prompt) {
        boolean open = opensReasoning(prompt);
        return parts -> {
            Calls of = new Calls(tools.callableByName(), tools.parallel(), parts);
            boolean parsesCalls =
                    calls == CallFormat.GPT_OSS || !tools.callable().isEmpty();
            AnswerParser parser = parsesCalls ? calls.parser(of, parts) : new ContentParser(parts);
            Optional<ReasoningMarks> marks = reasoning.marks();
            return marks.isPresent() ? new ThinkParser(marks.get(), open, parser, parts) : parser;
        };
    }

    /**
     * Returns what enforces the form of an answer, or empty if nothing does: the model must call a tool, or the schema
     * of one is strict, or the content has a grammar.
     *
     * @param prompt the text that the answer continues
     * @param content the grammar of the content, or null if it is free. It applies after the reasoning
     * @throws io.quern.grammar.GrammarException if the schema of a strict tool cannot be expressed
     */
    public Optional<CallRules> rules(ToolUse tools, String prompt, @Nullable Grammar content, GrammarLimits limits) {
        boolean callable = calls != CallFormat.NONE && !tools.callable().isEmpty();
        if (callable && tools.forced() || content != null) {
            Grammar grammar = CallGrammar.answer(this, tools, opensReasoning(prompt), content, limits);
            return Optional.of(new CallRules(grammar, List.of()));
        }
        if (!callable) {
            return Optional.empty();
        }
        return tools.callable().stream().anyMatch(Tool::strict)
                ? Optional.of(CallGrammar.optional(this, tools, limits))
                : Optional.empty();
    }

    private boolean opensReasoning(String prompt) {
        return reasoning
                .marks()
                .filter(marks -> prompt.stripTrailing().endsWith(marks.open()))
                .isPresent();
    }
}
