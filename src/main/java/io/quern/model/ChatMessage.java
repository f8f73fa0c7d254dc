package io.quern.model;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One message of a conversation, as a chat template sees it.
 *
 * @param role {@code system}, {@code user}, {@code assistant} or another role that the model's template supports
 * @param content null if the message has none, as an assistant message that calls tools
 * @param extra further fields by name, such as {@code name} or {@code tool_calls}: String, Number, Boolean, null, List
 *     and Map
 */
public record ChatMessage(String role, @Nullable String content, Map<String, Object> extra) {
    static final String TOOL = "tool";
    static final String TOOL_CALLS = "tool_calls";
    static final String TOOL_CALL_ID = "tool_call_id";

    public ChatMessage {
        Objects.requireNonNull(role);
        extra = Collections.unmodifiableMap(new LinkedHashMap<>(extra));
    }

    public ChatMessage(String role, String content) {
        this(role, content, Map.of());
    }

    /** Returns the calls of functions that the message makes, as maps of OpenAI's form; arguments are a text. */
    List<Map<?, ?>> toolCalls() {
        return extra.get(TOOL_CALLS) instanceof List<?> calls
                ? calls.stream()
                        .filter(call -> call instanceof Map<?, ?> map && map.get("function") instanceof Map)
                        .<Map<?, ?>>map(call -> (Map<?, ?>) call)
                        .toList()
                : List.of();
    }

    /** Returns the fields in the order in which a template that writes a message as JSON shows them. */
    Map<String, Object> fields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("role", role);
        fields.put("content", content);
        extra.forEach(fields::putIfAbsent);
        return fields;
    }
}
