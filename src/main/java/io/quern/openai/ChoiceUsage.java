package io.quern.openai;

import io.quern.generation.Usage;
import org.jspecify.annotations.Nullable;

/** Sums up the tokens of all choices. As in OpenAI's API, a prompt counts once, however many choices continue it. */
final class ChoiceUsage {
    private final ReplyForm form;
    private int prompt;
    private int completion;
    private int cached;
    private @Nullable Integer reasoning;

    ChoiceUsage(ReplyForm form) {
        this.form = form;
    }

    void add(int generation, Usage usage) {
        if (form.candidates().place(generation) == 0) {
            prompt += usage.promptTokens();
            cached += usage.cachedTokens();
        }
        if (form.shown().answer()) {
            completion += usage.completionTokens();
            Integer more = usage.reasoningTokens();
            if (more != null) {
                reasoning = reasoning == null ? more : Integer.valueOf(reasoning + more);
            }
        }
    }

    Usage sum() {
        return new Usage(prompt, completion).withCached(cached).withReasoning(reasoning);
    }
}
