package io.quern.openai;

import io.quern.generation.Prompt;
import java.util.List;
import java.util.function.LongConsumer;

/** Reads the body of POST /v1/completions. */
record CompletionReader(
        JsonBody json, ModelSelection models, GenerationFields fields, ChoiceFields choices, int defaultMaxTokens)
        implements RequestReader {
    static final JsonShape SHAPE = GenerationFields.SHAPE
            .and(UnsupportedFields.OF_COMPLETIONS.shapes())
            .and(ChoiceFields.OF_COMPLETIONS)
            .and("prompt", Prompts.SHAPE);

    @Override
    public Asked read(byte[] bytes, String requestId, LongConsumer memory) {
        Fields body = json.read(bytes, SHAPE, memory);
        String model = models.of(body);
        UnsupportedFields.OF_COMPLETIONS.refuseIn(body);
        int maxTokens = maxTokens(body);
        ChoiceFields.Wanted wanted = choices.ofCompletion(body, maxTokens > 0);
        List<Prompt> prompts = Prompts.read(body);
        // the least that a worker can generate; it is not shown if the client wants nothing
        Asked one = fields.read(body, model, requestId, prompts::getFirst, Math.max(1, maxTokens))
                .asked();
        return choices.choices(one, wanted, prompts);
    }

    /** Returns 0 if the client wants only its prompt back, with log probabilities. */
    private int maxTokens(Fields body) {
        boolean prompt = body.bool("echo") || body.has(ChoiceFields.PROMPT);
        return body.integer("max_tokens", prompt ? 0 : 1, defaultMaxTokens);
    }
}
