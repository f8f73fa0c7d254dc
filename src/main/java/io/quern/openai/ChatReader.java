package io.quern.openai;

import io.quern.generation.Constraint;
import io.quern.generation.GenerationRequest;
import io.quern.generation.Prompt;
import io.quern.generation.Reports;
import io.quern.grammar.GrammarException;
import io.quern.grammar.GrammarLimits;
import io.quern.model.Conversation;
import io.quern.tools.AnswerFormat;
import io.quern.tools.AnswerParser;
import io.quern.tools.AnswerParts;
import io.quern.tools.CallFormat;
import io.quern.tools.ToolUse;
import java.util.List;
import java.util.function.Function;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Reads the body of POST /v1/chat/completions. */
record ChatReader(
        JsonBody json, ModelSelection models, GenerationFields fields, ToolFields tools, Templates templates)
        implements RequestReader {
    private static final JsonShape SHAPE = GenerationFields.SHAPE
            .and(UnsupportedFields.OF_CHATS.shapes())
            .and(ToolFields.SHAPES)
            .and(TemplateFields.SHAPES)
            .and(ReasoningFields.SHAPES)
            .and("messages", Messages.SHAPE)
            .and("max_completion_tokens", JsonShape.LEAF);

    @Override
    public Asked read(byte[] bytes, String requestId, LongConsumer memory) {
        Fields body = json.read(bytes, SHAPE, memory);
        String model = models.of(body);
        UnsupportedFields.OF_CHATS.refuseIn(body);
        ToolUse use = tools.read(body);
        Conversation conversation = new Conversation(Messages.read(body), use, TemplateFields.read(body));
        ReasoningFields reasoning = ReasoningFields.read(body);
        int maxTokens = maxTokens(body);
        Asked asked =
                fields.read(body, model, requestId, () -> templates.render(model, conversation), maxTokens);
        return parsed(asked, use, reasoning);
    }

    /** Adds what the model's format needs: the parser of the text, and control tokens in it. */
    private Asked parsed(Asked asked, ToolUse use, ReasoningFields reasoning) {
        AnswerFormat format = reasoning.in(templates.format(asked.model(), !use.callable().isEmpty()));
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
        Constraint calls = constraint(format, use, prompt.text());
        List<GenerationRequest> generations = asked.generations().stream()
                .map(request -> format.hasControlTokens() ? withControlTokens(request) : request)
                .map(request -> calls == null ? request : request.withConstraint(calls))
                .toList();
        return new Asked(
                asked.model(), generations, () -> new ParsedChoice(parsers, reasoning.shown()), asked.reply());
    }

    /** Returns what enforces calls, or null if nothing does. */
    private static @Nullable Constraint constraint(AnswerFormat format, ToolUse use, String prompt) {
        try {
            return format.rules(use, prompt, GrammarLimits.DEFAULT)
                    .map(rules -> new Constraint(rules.grammar().gbnf(), rules.triggers(), ToolFields.TOOLS))
                    .orElse(null);
        } catch (GrammarException e) {
            throw ApiException.invalid(e.path(), String.valueOf(e.getMessage()));
        }
    }

    private static GenerationRequest withControlTokens(GenerationRequest request) {
        Reports reports = request.reports();
        return request.withReports(new Reports(reports.logprobs(), reports.promptLogprobs(), true));
    }

    private static int maxTokens(Fields body) {
        int newer = GenerationFields.maxTokens(body, "max_completion_tokens", 0);
        int older = GenerationFields.maxTokens(body, "max_tokens", 0);
        if (newer != 0 && older != 0 && newer != older) {
            throw ApiException.invalid(
                    "max_tokens",
                    "max_tokens and max_completion_tokens have the same meaning, but differ. Send only one of them.");
        }
        return Math.max(newer, older);
    }
}
