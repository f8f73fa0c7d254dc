package io.quern.openai;

import io.quern.generation.Prompt;
import io.quern.model.ChatMessage;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.LongConsumer;

/** Reads the body of POST /v1/chat/completions. */
record ChatReader(
        JsonBody json,
        ModelSelection models,
        GenerationFields fields,
        BiFunction<String, List<ChatMessage>, Prompt> template)
        implements RequestReader {
    static final JsonShape SHAPE = GenerationFields.SHAPE
            .and(UnsupportedFields.OF_CHATS.shapes())
            .and("messages", Messages.SHAPE)
            .and("max_completion_tokens", JsonShape.LEAF);

    @Override
    public Asked read(byte[] bytes, String requestId, LongConsumer memory) {
        Fields body = json.read(bytes, SHAPE, memory);
        String model = models.of(body);
        UnsupportedFields.OF_CHATS.refuseIn(body);
        List<ChatMessage> messages = Messages.read(body);
        int maxTokens = maxTokens(body);
        return fields.read(body, model, requestId, () -> template.apply(model, messages), maxTokens);
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
