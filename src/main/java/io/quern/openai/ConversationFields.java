package io.quern.openai;

import io.quern.model.ChatMessage;
import io.quern.model.Conversation;
import io.quern.model.PromptEnd;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads what the chat template of a model gets, which chats and questions about their tokens share. */
final class ConversationFields {
    private static final String NEXT = "add_generation_prompt";
    private static final String CONTINUE = "continue_final_message";

    static final Map<String, JsonShape> SHAPES = JsonShape.object(Map.of())
            .and(Set.of(NEXT, CONTINUE))
            .and(ToolFields.SHAPES)
            .and(TemplateFields.SHAPES)
            .and("messages", Messages.SHAPE)
            .fields();

    private ConversationFields() {}

    static Conversation read(Fields body, ToolFields tools) {
        List<ChatMessage> messages = Messages.read(body);
        return new Conversation(messages, tools.read(body), TemplateFields.read(body), end(body, messages));
    }

    /** Reads how the prompt ends. vLLM's names and defaults, but a client need not switch the default off. */
    private static PromptEnd end(Fields body, List<ChatMessage> messages) {
        boolean next = body.bool(NEXT, true);
        if (!body.bool(CONTINUE)) {
            return next ? PromptEnd.NEXT_MESSAGE : PromptEnd.LAST_MESSAGE;
        }
        if (body.bool(NEXT)) {
            throw ApiException.invalid(
                    CONTINUE, CONTINUE + " and " + NEXT + " exclude each other. Set only one of them.");
        }
        ChatMessage last = messages.getLast();
        String path = "messages[" + (messages.size() - 1) + "]";
        if (!last.role().equals("assistant")) {
            throw ApiException.invalid(
                    path + ".role",
                    path + ".role must be assistant if " + CONTINUE + " is true, but is "
                            + Excerpt.quoted(last.role()));
        }
        if (last.content() == null || last.content().isBlank()) {
            throw ApiException.invalid(
                    path + ".content", path + ".content must not be empty if " + CONTINUE + " is true");
        }
        return PromptEnd.INSIDE_LAST_MESSAGE;
    }
}
