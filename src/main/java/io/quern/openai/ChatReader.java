package io.quern.openai;

import io.quern.model.ChatMessage;
import io.quern.model.Conversation;
import io.quern.model.PromptEnd;
import io.quern.tools.ToolUse;
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
            .and(ToolFields.SHAPES)
            .and(TemplateFields.SHAPES)
            .and(ReasoningFields.SHAPES)
            .and("messages", Messages.SHAPE)
            .and("add_generation_prompt", JsonShape.LEAF)
            .and("continue_final_message", JsonShape.LEAF)
            .and("max_completion_tokens", JsonShape.LEAF);

    @Override
    public Asked read(byte[] bytes, String requestId, LongConsumer memory) {
        Fields body = json.read(bytes, SHAPE, memory);
        String model = models.of(body);
        UnsupportedFields.OF_CHATS.refuseIn(body);
        List<ChatMessage> messages = Messages.read(body);
        ToolUse use = tools.read(body);
        Conversation conversation = new Conversation(messages, use, TemplateFields.read(body), end(body, messages));
        ReasoningFields reasoning = ReasoningFields.read(body);
        int maxTokens = maxTokens(body);
        ChoiceFields.Wanted wanted = choices.ofChat(body);
        GenerationFields.Read one =
                fields.read(body, model, requestId, () -> templates.render(model, conversation), maxTokens);
        Asked parsed = new ChatAnswers(templates, fields.constraints().limits()).in(one, use, reasoning);
        return choices.choices(parsed, wanted, List.of(parsed.generation().prompt()));
    }

    /** Reads how the prompt ends. vLLM's names and defaults, but a client need not switch the default off. */
    static PromptEnd end(Fields body, List<ChatMessage> messages) {
        boolean next = body.bool("add_generation_prompt", true);
        if (!body.bool("continue_final_message")) {
            return next ? PromptEnd.NEXT_MESSAGE : PromptEnd.LAST_MESSAGE;
        }
        if (body.bool("add_generation_prompt")) {
            throw ApiException.invalid(
                    "continue_final_message",
                    "continue_final_message and add_generation_prompt exclude each other. Set only one of them.");
        }
        ChatMessage last = messages.getLast();
        String path = "messages[" + (messages.size() - 1) + "]";
        if (!last.role().equals("assistant")) {
            throw ApiException.invalid(
                    path + ".role",
                    path + ".role must be assistant if continue_final_message is true, but is "
                            + Excerpt.quoted(last.role()));
        }
        if (last.content() == null || last.content().isBlank()) {
            throw ApiException.invalid(
                    path + ".content", path + ".content must not be empty if continue_final_message is true");
        }
        return PromptEnd.INSIDE_LAST_MESSAGE;
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
