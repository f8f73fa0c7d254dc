package io.quern.tools;

import com.fasterxml.jackson.databind.JsonNode;
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

    /** Returns the type of a parameter as its schema has it, or null if it has none or several. */
    @Nullable
    String typeOf(String parameter) {
        return parameters == null
                ? null
                : parameters
                        .path("properties")
                        .path(parameter)
                        .path("type")
                        .textValue();
    }

    /** Returns whether the schema has a parameter of this name. */
    boolean has(String parameter) {
        return parameters != null && parameters.path("properties").has(parameter);
    }
}
