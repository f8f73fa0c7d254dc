package io.quern.openai;

import com.fasterxml.jackson.databind.JsonNode;
import io.quern.tools.JsonValues;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the fields of a chat that reach the model's template as variables. */
final class TemplateFields {
    private static final String VARIABLES = "chat_template_kwargs";
    private static final String EFFORT = "reasoning_effort";
    private static final String THINKING = "enable_thinking";
    private static final String DOCUMENTS = "documents";

    /** Variables that the engine sets. */
    private static final Set<String> RESERVED = Set.of(
            "messages",
            "tools",
            DOCUMENTS,
            "add_generation_prompt",
            "continue_final_message",
            "bos_token",
            "eos_token",
            "chat_template",
            "tokenize");

    private static final Set<String> EFFORTS = Set.of("none", "minimal", "low", "medium", "high", "xhigh");

    static final Map<String, JsonShape> SHAPES = Map.of(
            VARIABLES, JsonShape.ANY, EFFORT, JsonShape.LEAF, THINKING, JsonShape.LEAF, DOCUMENTS, JsonShape.ANY);

    private TemplateFields() {}

    static Map<String, @Nullable Object> read(Fields body) {
        Map<String, @Nullable Object> variables = new LinkedHashMap<>();
        documents(body.get(DOCUMENTS), variables);
        String effort = body.text(EFFORT);
        if (effort != null) {
            if (!EFFORTS.contains(effort)) {
                throw ApiException.invalid(
                        EFFORT,
                        EFFORT + " must be \"none\", \"minimal\", \"low\", \"medium\", \"high\" or \"xhigh\", but is "
                                + Excerpt.quoted(effort));
            }
            variables.put(EFFORT, effort);
            if (effort.equals("none")) {
                setThinking(false, variables);
            }
        }
        if (body.has(THINKING)) {
            setThinking(body.bool(THINKING), variables);
        }
        own(body.get(VARIABLES), variables);
        return variables;
    }

    /** Templates know two names for it. */
    private static void setThinking(boolean on, Map<String, @Nullable Object> variables) {
        variables.put(THINKING, on);
        variables.put("thinking", on);
    }

    private static void documents(@Nullable JsonNode documents, Map<String, @Nullable Object> variables) {
        if (documents == null) {
            return;
        }
        if (!documents.isArray()) {
            throw Fields.wrongType(DOCUMENTS, "an array", documents);
        }
        for (int i = 0; i < documents.size(); i++) {
            if (!documents.get(i).isObject()) {
                throw Fields.wrongType(DOCUMENTS + "[" + i + "]", "an object", documents.get(i));
            }
        }
        if (!documents.isEmpty()) {
            variables.put(DOCUMENTS, JsonValues.of(documents));
        }
    }

    private static void own(@Nullable JsonNode own, Map<String, @Nullable Object> variables) {
        if (own == null) {
            return;
        }
        if (!own.isObject()) {
            throw Fields.wrongType(VARIABLES, "an object", own);
        }
        own.properties().forEach(variable -> {
            if (RESERVED.contains(variable.getKey())) {
                String path = VARIABLES + "." + variable.getKey();
                throw ApiException.invalid(path, path + " is a variable that the engine sets");
            }
        });
        variables.putAll(JsonValues.ofObject(own));
    }
}
