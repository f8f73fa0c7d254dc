package io.quern.openai;

import io.quern.generation.GenerationEvent;
import io.quern.generation.TokenLogprob;
import io.quern.generation.Usage;
import io.quern.openai.Choice.ChoiceEnd;
import io.quern.openai.ReplyForm.Shown;
import java.util.ArrayList;
import java.util.List;

/** Collects the parts of one choice. */
final class ChoiceBuilder {
    private final int index;
    private final ChoiceParser parser;
    private final Shown shown;
    private final Echo echo;
    private final StringBuilder content = new StringBuilder();
    private final StringBuilder reasoning = new StringBuilder();
    private final List<Part.ToolCallStart> calls = new ArrayList<>();
    private final List<StringBuilder> arguments = new ArrayList<>();
    private final List<TokenLogprob> logprobs = new ArrayList<>();
    private final List<TokenLogprob> ofPrompt = new ArrayList<>();

    ChoiceBuilder(Asked asked, int index) {
        this.index = index;
        parser = asked.parsers().get();
        shown = asked.reply().shown();
        echo = new Echo(asked.generations().get(index));
    }

    void add(GenerationEvent.PromptLogprobs prompt) {
        if (shown.echo()) {
            echo.add(prompt.logprobs());
        }
        shown.promptLogprobs().ifPresent(top -> prompt.logprobs().forEach(token -> ofPrompt.add(token.withTop(top))));
    }

    void add(GenerationEvent.Token token) {
        if (!shown.answer()) {
            return;
        }
        logprobs.addAll(token.logprobs());
        parser.add(token, this::add);
    }

    /** Returns what the generation took, with the tokens of its reasoning. */
    Usage spent(Usage usage) {
        return usage.withReasoning(parser.reasoningTokens());
    }

    Choice end(GenerationEvent.Finished finished) {
        ChoiceFinish finish = shown.answer() ? parser.end(finished.reason(), this::add) : ChoiceFinish.LENGTH;
        List<ToolCall> complete = new ArrayList<>(calls.size());
        for (int i = 0; i < calls.size(); i++) {
            complete.add(new ToolCall(
                    calls.get(i).id(), calls.get(i).name(), arguments.get(i).toString()));
        }
        if (shown.echo()) {
            content.insert(0, echo.text());
            logprobs.addAll(0, echo.logprobs());
        }
        return new Choice(
                index,
                content.toString(),
                reasoning.toString(),
                complete,
                new ChoiceEnd(finish, shown.answer() ? finished.stop() : null),
                shown.logprobs() ? logprobs : null,
                shown.promptLogprobs().isPresent() ? ofPrompt : null);
    }

    /** Returns the mean log probability of the answer's tokens; of an empty answer the lowest. */
    double meanLogprob() {
        return logprobs.stream().mapToDouble(TokenLogprob::logprob).average().orElse(Double.NEGATIVE_INFINITY);
    }

    private void add(Part part) {
        switch (part) {
            case Part.Content more -> content.append(more.text());
            case Part.Reasoning more -> reasoning.append(more.text());
            case Part.ToolCallStart call -> {
                calls.add(call);
                arguments.add(new StringBuilder());
            }
            case Part.ToolCallArguments more -> arguments.get(more.index()).append(more.text());
        }
    }
}
