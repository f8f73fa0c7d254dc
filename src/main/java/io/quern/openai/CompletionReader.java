package io.quern.openai;

import com.fasterxml.jackson.databind.JsonNode;
import io.quern.generation.Prompt;
import java.util.function.LongConsumer;

/** Reads the body of POST /v1/completions. */
record CompletionReader(JsonBody json, ModelSelection models, GenerationFields fields, int defaultMaxTokens)
        implements RequestReader {
    /** Only one prompt is supported. The others are counted for the error message. */
    private static final int MAX_PROMPTS = 1000;

    static final JsonShape SHAPE = GenerationFields.SHAPE
            .and(UnsupportedFields.OF_COMPLETIONS.shapes())
            .and("prompt", JsonShape.array(JsonShape.LEAF, MAX_PROMPTS));

    @Override
    public Asked read(byte[] bytes, String requestId, LongConsumer memory) {
        Fields body = json.read(bytes, SHAPE, memory);
        String model = models.of(body);
        UnsupportedFields.OF_COMPLETIONS.refuseIn(body);
        int maxTokens = GenerationFields.maxTokens(body, "max_tokens", defaultMaxTokens);
        return fields.read(body, model, requestId, () -> new Prompt(prompt(body), true), maxTokens);
    }

    private static String prompt(Fields body) {
        JsonNode prompt = body.get("prompt");
        if (prompt == null) {
            throw ApiException.invalid("prompt", "prompt is missing");
        }
        if (!prompt.isArray()) {
            return Fields.text(prompt, "prompt", "a string");
        }
        if (prompt.path(0).isNumber() || prompt.path(0).isArray()) {
            throw ApiException.invalid("prompt", "prompt must be a string. Arrays of tokens are not supported yet.");
        }
        if (prompt.size() != 1) {
            throw ApiException.invalid(
                    "prompt",
                    "prompt must contain exactly one string, but contains "
                            + (prompt.size() == MAX_PROMPTS ? "at least " : "") + prompt.size()
                            + " elements. Several prompts in one request are not supported yet.");
        }
        return Fields.text(prompt.get(0), "prompt[0]", "a string");
    }
}
