package io.quern.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quern.home.Sha256;
import io.quern.tools.JsonValues;
import io.quern.tools.Tool;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes a conversation as the variables of a chat template. */
final class TemplateVariables {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz";
    private static final String REASONING = "reasoning_content";
    private static final int SHORT_ID = 9;

    private TemplateVariables() {}

    /** Returns the variables that depend on the conversation. */
    static Map<String, Object> of(Conversation conversation, TemplateAbilities.CallStyle style) {
        Map<String, Object> variables = new HashMap<>(conversation.variables());
        variables.put(
                "messages",
                conversation.messages().stream()
                        .map(message -> fields(message, style))
                        .toList());
        variables.put("add_generation_prompt", conversation.end() == PromptEnd.NEXT_MESSAGE);
        List<Tool> tools = conversation.tools().callable();
        if (!tools.isEmpty()) {
            variables.put("tools", tools.stream().map(Tool::forTemplates).toList());
        }
        return variables;
    }

    private static Map<String, Object> fields(ChatMessage message, TemplateAbilities.CallStyle style) {
        Map<String, Object> fields = message.fields();
        if (fields.get(ChatMessage.TOOL_CALL_ID) instanceof String id && style.shortIds()) {
            fields.put(ChatMessage.TOOL_CALL_ID, shortened(id));
        }
        // gpt-oss's name for it; its template refuses a call with both
        boolean calls = !message.toolCalls().isEmpty();
        if (fields.containsKey(REASONING)
                && !(calls && message.content() != null && !message.content().isEmpty())) {
            fields.put("thinking", fields.get(REASONING));
        }
        if (calls) {
            fields.put(
                    ChatMessage.TOOL_CALLS,
                    message.toolCalls().stream().map(call -> call(call, style)).toList());
            if (message.content() == null && !style.nullContent()) {
                fields.put("content", "");
            }
        }
        return fields;
    }

    private static Map<String, Object> call(Map<?, ?> call, TemplateAbilities.CallStyle style) {
        Map<String, Object> written = new LinkedHashMap<>();
        call.forEach((key, value) -> written.put(String.valueOf(key), value));
        if (written.get("id") instanceof String id && style.shortIds()) {
            written.put("id", shortened(id));
        }
        if (written.get("function") instanceof Map<?, ?> function) {
            Map<String, Object> writtenFunction = new LinkedHashMap<>();
            function.forEach((key, value) -> writtenFunction.put(String.valueOf(key), value));
            if (writtenFunction.get("arguments") instanceof String arguments && !style.text()) {
                writtenFunction.put("arguments", arguments(arguments));
            }
            written.put("function", writtenFunction);
        }
        return written;
    }

    /**
     * Returns arguments as a map. Arguments that are not a JSON object, such as those of a call that {@code max_tokens}
     * has cut off, become the only element of one, because a template may expect a map.
     */
    static Map<String, @Nullable Object> arguments(String json) {
        if (json.isBlank()) {
            return Map.of();
        }
        try {
            JsonNode node = MAPPER.readTree(json);
            if (node.isObject()) {
                return JsonValues.ofObject(node);
            }
        } catch (JsonProcessingException e) {
            // handled below
        }
        Map<String, @Nullable Object> broken = new LinkedHashMap<>();
        broken.put("arguments", json);
        return broken;
    }

    /** Returns an id with nine letters and digits, the same for the same id. */
    private static String shortened(String id) {
        if (id.length() == SHORT_ID && id.chars().allMatch(Character::isLetterOrDigit)) {
            return id;
        }
        byte[] digest = Sha256.digest().digest(id.getBytes(StandardCharsets.UTF_8));
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < SHORT_ID; i++) {
            text.append(ALPHABET.charAt((digest[i] & 0xff) % ALPHABET.length()));
        }
        return text.toString();
    }
}
