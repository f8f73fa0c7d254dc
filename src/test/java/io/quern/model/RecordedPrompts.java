package io.quern.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Prompts of Python's jinja2, recorded by src/scripts/record-chat-prompts. */
final class RecordedPrompts {
    static final List<String> TEMPLATES = List.of(
            "smollm2",
            "chatml",
            "llama2-style",
            "llama3-style",
            "mistral-style",
            "gemma-style",
            "phi3-style",
            "qwen-style",
            "deepseek-style",
            "everything");

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private RecordedPrompts() {}

    static JsonNode read(String name) {
        try (InputStream in = RecordedPrompts.class.getResourceAsStream("/chat-prompts/" + name + ".json")) {
            return MAPPER.readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Map<String, List<ChatMessage>> conversations() {
        Map<String, List<ChatMessage>> conversations = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> conversation : read("conversations").properties()) {
            List<ChatMessage> messages = new ArrayList<>();
            for (JsonNode message : conversation.getValue()) {
                Map<String, Object> extra = new LinkedHashMap<>();
                message.properties()
                        .forEach(field ->
                                extra.put(field.getKey(), field.getValue().asText()));
                extra.remove("role");
                extra.remove("content");
                messages.add(new ChatMessage(
                        message.get("role").asText(), message.get("content").asText(), extra));
            }
            conversations.put(conversation.getKey(), messages);
        }
        return conversations;
    }
}
