package io.quern.tools;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A function that the model may call.
 *
 * @param path of the function in the request, for messages
 * @param name as {@link ToolName} allows it
 * @param description for the model, or null
 * @param parameters JSON Schema of the arguments, or null if there are none
 * @param strict whether a call must obey the schema
 */
public record Tool(
        String path,
        String name,
        @Nullable String description,
        @Nullable JsonNode parameters,
        boolean strict) {
    public Tool {
        Objects.requireNonNull(path);
        Objects.requireNonNull(name);
    }

    /** Returns the tool as chat templates know it: OpenAI's form, with everything that they may rely on. */
    public Map<String, @Nullable Object> forTemplates() {
        Map<String, @Nullable Object> function = new LinkedHashMap<>();
        function.put("name", name);
        function.put("description", description == null ? "" : description);
        function.put("parameters", parameters == null ? noParameters() : JsonValues.ofObject(parameters));
        Map<String, @Nullable Object> tool = new LinkedHashMap<>();
        tool.put("type", "function");
        tool.put("function", function);
        return tool;
    }

    private static Map<String, Object> noParameters() {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("type", "object");
        schema.put("properties", Map.of());
        return schema;
    }

    /** Returns the type of a parameter as its schema has it, or null if it has none or several. */
    @Nullable
    String typeOf(String parameter) {
        return parameters == null
                ? null
                : parameters.path("properties").path(parameter).path("type").textValue();
    }

    /** Returns whether the schema has a parameter of this name. */
    boolean has(String parameter) {
        return parameters != null && parameters.path("properties").has(parameter);
    }
}
