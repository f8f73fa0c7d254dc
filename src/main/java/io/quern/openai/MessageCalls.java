package io.quern.openai;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the calls and results in a conversation, and checks that each result answers a call. */
final class MessageCalls {
    static final String CALLS = "tool_calls";
    static final String ID = "tool_call_id";
    private static final String FUNCTION = "function";

    static final JsonShape SHAPE = JsonShape.array(
            JsonShape.object(Map.of(
                    "id",
                    JsonShape.LEAF,
                    "type",
                    JsonShape.LEAF,
                    FUNCTION,
                    JsonShape.object(Map.of("name", JsonShape.LEAF, "arguments", JsonShape.ANY)))),
            Integer.MAX_VALUE);

    private final Map<String, String> namesById = new HashMap<>();

    /** Returns the calls of an assistant's message in OpenAI's form. */
    List<Map<String, Object>> calls(Fields message) {
        return message.objects(CALLS, this::call);
    }

    private Map<String, Object> call(Fields call) {
        String id = call.text("id");
        if (id == null || id.isEmpty()) {
            throw ApiException.invalid(
                    call.path("id"), call.path("id") + (id == null ? " is missing" : " must not be empty"));
        }
        String type = call.text("type");
        if (type != null && !type.equals(FUNCTION)) {
            throw ApiException.invalid(
                    call.path("type"), call.path("type") + " must be \"function\", but is " + Excerpt.quoted(type));
        }
        Fields function = call.object(FUNCTION);
        if (function == null) {
            throw ApiException.invalid(call.path(FUNCTION), call.path(FUNCTION) + " is missing");
        }
        String name = function.text("name");
        if (name == null || name.isEmpty()) {
            throw ApiException.invalid(
                    function.path("name"),
                    function.path("name") + (name == null ? " is missing" : " must not be empty"));
        }
        namesById.put(id, name);
        Map<String, Object> read = new LinkedHashMap<>();
        read.put("id", id);
        read.put("type", FUNCTION);
        Map<String, Object> readFunction = new LinkedHashMap<>();
        readFunction.put("name", name);
        readFunction.put("arguments", arguments(function));
        read.put(FUNCTION, readFunction);
        return read;
    }

    /** Some clients send the arguments as an object. */
    private static String arguments(Fields function) {
        JsonNode arguments = function.get("arguments");
        if (arguments == null) {
            return "{}";
        }
        return arguments.isObject()
                ? arguments.toString()
                : Fields.text(arguments, function.path("arguments"), "a string that contains a JSON object");
    }

    /** Returns the fields of a result in addition to its content. */
    Map<String, Object> result(Fields message, @Nullable String name) {
        if (namesById.isEmpty()) {
            throw ApiException.invalid(
                    message.path("role"),
                    message.path("role") + " is tool, but no earlier message has the tool_calls that it answers");
        }
        String id = message.text(ID);
        if (id == null) {
            throw ApiException.invalid(message.path(ID), message.path(ID) + " is missing");
        }
        String called = namesById.get(id);
        if (called == null) {
            throw ApiException.invalid(
                    message.path(ID),
                    message.path(ID) + " is " + Excerpt.quoted(id)
                            + ", but no earlier message has a call with this id");
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put(ID, id);
        fields.put("name", name == null ? called : name);
        return fields;
    }
}
