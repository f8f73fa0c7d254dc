package io.quern.openai;

import com.fasterxml.jackson.databind.JsonNode;
import io.quern.model.ChatMessage;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads the conversation of a chat request. */
final class Messages {
    private static final Set<String> ROLES = Set.of("system", "developer", "user", "assistant", "tool");

    private static final String REASONING = "reasoning_content";

    private static final JsonShape PART = JsonShape.object(Map.of("type", JsonShape.LEAF, "text", JsonShape.LEAF));

    private static final JsonShape MESSAGE = JsonShape.object(Map.of(
            "role",
            JsonShape.LEAF,
            "content",
            JsonShape.array(PART, Integer.MAX_VALUE),
            MessageCalls.CALLS,
            MessageCalls.SHAPE,
            MessageCalls.ID,
            JsonShape.LEAF,
            "name",
            JsonShape.LEAF,
            REASONING,
            JsonShape.LEAF,
            "reasoning",
            JsonShape.LEAF,
            "function_call",
            JsonShape.LEAF));

    /** The parts of a conversation that are read. */
    static final JsonShape SHAPE = JsonShape.array(MESSAGE, Integer.MAX_VALUE);

    private Messages() {}

    static List<ChatMessage> read(Fields body) {
        if (!body.has("messages")) {
            throw ApiException.invalid("messages", "messages is missing");
        }
        MessageCalls calls = new MessageCalls();
        List<ChatMessage> messages = body.objects("messages", message -> message(calls, message));
        if (messages.isEmpty()) {
            throw ApiException.invalid("messages", "messages must contain at least one message");
        }
        return messages;
    }

    private static ChatMessage message(MessageCalls calls, Fields message) {
        String role = role(message);
        JsonNode legacy = message.get("function_call");
        if (legacy != null && !legacy.isEmpty()) {
            throw ApiException.invalid(
                    message.path("function_call"),
                    message.path("function_call") + " is not supported. Use tool_calls, which replace it.");
        }
        return switch (role) {
            case "tool" -> {
                Map<String, Object> result = calls.result(message, message.text("name"));
                yield new ChatMessage(role, content(message, role), result);
            }
            case "assistant" -> {
                Map<String, Object> extra = new LinkedHashMap<>();
                List<Map<String, Object>> made = calls.calls(message);
                if (!made.isEmpty()) {
                    extra.put(MessageCalls.CALLS, made);
                }
                String reasoning = message.has(REASONING) ? message.text(REASONING) : message.text("reasoning");
                if (reasoning != null && !reasoning.isEmpty()) {
                    extra.put(REASONING, reasoning);
                }
                boolean none = !made.isEmpty() && !message.has("content");
                yield new ChatMessage(role, none ? null : content(message, role), extra);
            }
            default -> new ChatMessage(role, content(message, role));
        };
    }

    private static String role(Fields message) {
        String role = message.text("role");
        if (role == null) {
            throw ApiException.invalid(message.path("role"), message.path("role") + " is missing");
        }
        if (!ROLES.contains(role)) {
            throw ApiException.invalid(
                    message.path("role"),
                    message.path("role") + " must be system, developer, user, assistant or tool, but is "
                            + Excerpt.quoted(role));
        }
        // OpenAI's newer name for it; templates know only the older one
        return role.equals("developer") ? "system" : role;
    }

    private static String content(Fields message, String role) {
        JsonNode content = message.get("content");
        String path = message.path("content");
        if (content == null) {
            if (role.equals("assistant") || role.equals("tool")) {
                return "";
            }
            throw ApiException.invalid(path, path + " is missing");
        }
        if (!content.isArray()) {
            return Fields.text(content, path, "a string or an array of text parts");
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < content.size(); i++) {
            text.append(part(Fields.object(content.get(i), path + "[" + i + "]", PART)));
        }
        return text.toString();
    }

    private static String part(Fields part) {
        String type = part.text("type");
        if (type == null) {
            throw ApiException.invalid(part.path("type"), part.path("type") + " is missing");
        }
        if (!type.equals("text")) {
            throw ApiException.invalid(
                    part.path("type"),
                    part.path("type") + " must be \"text\", but is " + Excerpt.quoted(type)
                            + ". Models read only text here, no images, sounds and files.");
        }
        String text = part.text("text");
        if (text == null) {
            throw ApiException.invalid(part.path("text"), part.path("text") + " is missing");
        }
        return text;
    }
}
