package io.quern.openai;

import io.quern.generation.Constraint;
import io.quern.generation.GenerationRequest;
import io.quern.generation.Prompt;
import io.quern.generation.Reports;
import io.quern.grammar.GrammarException;
import io.quern.grammar.GrammarLimits;
import io.quern.tools.AnswerFormat;
import io.quern.tools.AnswerParser;
import io.quern.tools.AnswerParts;
import io.quern.tools.CallFormat;
import io.quern.tools.ToolUse;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Prepares chats for what a model's answers contain: reasoning, calls, and the control tokens around them. */
record ChatAnswers(Templates templates, GrammarLimits limits) {

    /** Returns the request with a parser, and with a grammar if it demands calls or a form of the content. */
    Asked in(GenerationFields.Read read, ToolUse use, ReasoningFields reasoning) {
        Asked asked = read.asked();
        AnswerFormat format =
                reasoning.in(templates.format(asked.model(), !use.callable().isEmpty()));
        if (use.forced() && format.calls() == CallFormat.NONE) {
            throw ApiException.invalid(
                    ToolFields.CHOICE,
                    ToolFields.CHOICE + " demands a call, but calls are switched off for this model"
                            + " (quern.tool-parser=none)");
        }
        if (!format.needsParser(use) || !(asked.generation().prompt() instanceof Prompt.Text prompt)) {
            return asked;
        }
        Function<AnswerParts, AnswerParser> parsers = format.parser(use, prompt.text());
        Constraint form = constraint(format, use, prompt.text(), read.constraint());
        List<GenerationRequest> generations = asked.generations().stream()
                .map(request -> format.hasControlTokens() ? withControlTokens(request, format.reasons()) : request)
                .map(request -> form == null ? request : request.withConstraint(form))
                .toList();
        return new Asked(
                asked.model(),
                generations,
                () -> new ParsedChoice(parsers, format.reasons(), reasoning),
                asked.reply());
    }

    /** Returns what enforces calls and the content's form, or null if nothing does. */
    private @Nullable Constraint constraint(
            AnswerFormat format, ToolUse use, String prompt, ConstraintFields.@Nullable Wanted content) {
        String field = content == null ? ToolFields.TOOLS : content.path();
        GrammarLimits left = content == null ? limits.ofOneRequest() : content.limits();
        try {
            return format.rules(use, prompt, content == null ? null : content.grammar(), left)
                    .map(rules -> new Constraint(rules.grammar().gbnf(), rules.triggers(), field, left.tokenTime()))
                    .orElse(null);
        } catch (GrammarException e) {
            throw ApiException.invalid(e.path(), String.valueOf(e.getMessage()));
        }
    }

    /** @param reasons whether tokens of reasoning are counted, for which the text of each must be known */
    private static GenerationRequest withControlTokens(GenerationRequest request, boolean reasons) {
        Reports reports = request.reports();
        return request.withReports(new Reports(reports.logprobs(), reports.promptLogprobs(), true, reasons));
    }
}
