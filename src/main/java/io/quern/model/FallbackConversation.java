package io.quern.model;

import io.quern.tools.FallbackPrompt;
import io.quern.tools.ToolUse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Rewrites a conversation with tools for a template that does not know them, so that it consists of text only. */
final class FallbackConversation {
    private FallbackConversation() {}

    /** @param systemMessages whether the template shows system messages */
    static Conversation of(Conversation conversation, boolean systemMessages) {
        List<ChatMessage> messages = new ArrayList<>();
        StringBuilder results = new StringBuilder();
        for (ChatMessage message : conversation.messages()) {
            if (message.role().equals(ChatMessage.TOOL)) {
                results.append(results.isEmpty() ? "" : "\n")
                        .append(FallbackPrompt.result(message.content() == null ? "" : message.content()));
                continue;
            }
            addResults(results, messages);
            messages.add(withoutCalls(message));
        }
        addResults(results, messages);
        if (!conversation.tools().callable().isEmpty()) {
            instruct(messages, FallbackPrompt.instructions(conversation.tools()), systemMessages);
        }
        return new Conversation(messages, ToolUse.NONE, conversation.variables(), conversation.end());
    }

    /** Results of one message's calls form one message, because many templates want turns to alternate. */
    private static void addResults(StringBuilder results, List<ChatMessage> messages) {
        if (!results.isEmpty()) {
            messages.add(new ChatMessage("user", results.toString()));
            results.setLength(0);
        }
    }

    private static ChatMessage withoutCalls(ChatMessage message) {
        if (message.toolCalls().isEmpty()) {
            return message;
        }
        StringBuilder text = new StringBuilder(message.content() == null ? "" : message.content());
        for (Map<?, ?> call : message.toolCalls()) {
            if (call.get("function") instanceof Map<?, ?> function) {
                text.append(text.isEmpty() ? "" : "\n")
                        .append(FallbackPrompt.call(
                                String.valueOf(function.get("name")),
                                TemplateVariables.arguments(String.valueOf(function.get("arguments")))));
            }
        }
        return new ChatMessage(message.role(), text.toString());
    }

    private static void instruct(List<ChatMessage> messages, String instructions, boolean systemMessages) {
        String role = systemMessages ? "system" : "user";
        for (int i = 0; i < messages.size(); i++) {
            ChatMessage message = messages.get(i);
            if (message.role().equals(role)) {
                String text = systemMessages
                        ? message.content() + "\n\n" + instructions
                        : instructions + "\n\n" + message.content();
                messages.set(i, new ChatMessage(role, text, message.extra()));
                return;
            }
        }
        messages.addFirst(new ChatMessage(role, instructions));
    }
}
