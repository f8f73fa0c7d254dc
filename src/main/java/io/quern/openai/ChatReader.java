package io.quern.openai;

import io.quern.model.Conversation;
import java.util.List;
import java.util.function.LongConsumer;

/** Reads the body of POST /v1/chat/completions. */
record ChatReader(
        JsonBody json,
        ModelSelection models,
        GenerationFields fields,
        ChoiceFields choices,
        ToolFields tools,
        Templates templates)
        implements RequestReader {
    static final JsonShape SHAPE = GenerationFields.SHAPE
            .and(UnsupportedFields.OF_CHATS.shapes())
            .and(ChoiceFields.OF_CHATS)
            .and(ConversationFields.SHAPES)
            .and(ReasoningFields.SHAPES)
            .and("max_completion_tokens", JsonShape.LEAF);

    @Override
    public Asked read(byte[] bytes, String requestId, LongConsumer memory) {
        Fields body = json.read(bytes, SHAPE, memory);
        String model = models.of(body);
        UnsupportedFields.OF_CHATS.refuseIn(body);
        Conversation conversation = ConversationFields.read(body, tools);
        ReasoningFields reasoning = ReasoningFields.read(body);
        int maxTokens = maxTokens(body);
        ChoiceFields.Wanted wanted = choices.ofChat(body);
        GenerationFields.Read one =
                fields.read(body, model, requestId, () -> templates.render(model, conversation), maxTokens);
        Asked parsed =
                new ChatAnswers(templates, fields.constraints().limits()).in(one, conversation.tools(), reasoning);
        return choices.choices(parsed, wanted, List.of(parsed.generation().prompt()));
    }

    private static int maxTokens(Fields body) {
        int newer = body.integer("max_completion_tokens", 1, 0);
        int older = body.integer("max_tokens", 1, 0);
        if (newer != 0 && older != 0 && newer != older) {
            throw ApiException.invalid(
                    "max_tokens",
                    "max_tokens and max_completion_tokens have the same meaning, but differ. Send only one of them.");
        }
        return Math.max(newer, older);
    }
}
