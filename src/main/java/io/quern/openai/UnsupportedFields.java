package io.quern.openai;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Refuses fields that would change the answer and that Quern does not support. If it ignored them, the client would get
 * a wrong answer without notice. Values that ask for nothing are accepted.
 */
final class UnsupportedFields {
    private static final Predicate<JsonNode> NEVER = value -> false;
    private static final Predicate<JsonNode> EMPTY = value -> value.isContainerNode() && value.isEmpty();
    private static final Predicate<JsonNode> EMPTY_TEXT =
            value -> value.isTextual() && value.textValue().isEmpty();
    private static final Predicate<JsonNode> FALSE = value -> value.isBoolean() && !value.booleanValue();
    private static final Predicate<JsonNode> ONE = value -> value.isNumber() && value.doubleValue() == 1;

    private static final UnsupportedFields COMMON = new UnsupportedFields(Map.of()).and("use_beam_search", FALSE);

    static final UnsupportedFields OF_CHATS = COMMON.and("best_of", "only 1 is, in chats", ONE)
            .and("functions", "use tools", EMPTY)
            .and("function_call", "use tool_choice", UnsupportedFields::callsNoTool)
            .and(
                    "modalities",
                    JsonShape.array(JsonShape.LEAF, 2),
                    "only [\"text\"] is",
                    value -> value.size() == 1 && "text".equals(value.path(0).asText()))
            .and("audio", NEVER)
            .and("web_search_options", NEVER)
            .and("chat_template", NEVER);

    static final UnsupportedFields OF_COMPLETIONS =
            COMMON.and("suffix", "a model continues only the end of a text", EMPTY_TEXT);

    /** Of requests for the tokens of a chat. */
    static final UnsupportedFields OF_TOKENS = new UnsupportedFields(Map.of()).and("chat_template", NEVER);

    private final Map<String, Field> fields;

    private UnsupportedFields(Map<String, Field> fields) {
        this.fields = fields;
    }

    /**
     * Checks a request.
     *
     * @throws ApiException for the first field that asks for something
     */
    void refuseIn(Fields request) {
        fields.forEach((name, field) -> {
            JsonNode value = request.get(name);
            if (value != null && !field.harmless.test(value)) {
                throw ApiException.invalid(
                        request.path(name),
                        request.path(name) + " is not supported yet"
                                + (field.but == null ? "" : " (" + field.but + ")"));
            }
        });
    }

    Set<String> names() {
        return fields.keySet();
    }

    /** Returns the parts of these fields that must be read. */
    Map<String, JsonShape> shapes() {
        return fields.entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey, field -> field.getValue()
                .shape()));
    }

    private UnsupportedFields and(String name, Predicate<JsonNode> harmless) {
        return and(name, JsonShape.LEAF, null, harmless);
    }

    private UnsupportedFields and(String name, @Nullable String but, Predicate<JsonNode> harmless) {
        return and(name, JsonShape.LEAF, but, harmless);
    }

    private UnsupportedFields and(String name, JsonShape shape, @Nullable String but, Predicate<JsonNode> harmless) {
        Map<String, Field> more = new LinkedHashMap<>(fields);
        more.put(name, new Field(harmless, but, shape));
        return new UnsupportedFields(more);
    }

    /** Returns whether no function is called. "auto" calls none either, because functions themselves are refused. */
    private static boolean callsNoTool(JsonNode value) {
        return value.isTextual() && List.of("none", "auto").contains(value.textValue());
    }

    /**
     * A field that is not supported.
     *
     * @param harmless accepts the values that ask for nothing
     * @param but what is supported of it, or null
     * @param shape the part of it that must be read
     */
    private record Field(
            Predicate<JsonNode> harmless, @Nullable String but, JsonShape shape) {}
}
