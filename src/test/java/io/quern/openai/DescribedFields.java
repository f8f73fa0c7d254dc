package io.quern.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Reads which fields the OpenAPI description gives a schema. */
public final class DescribedFields {
    private final JsonNode schemas;
    private final Set<String> paths = new TreeSet<>();
    private final Deque<String> seen = new ArrayDeque<>();

    private DescribedFields(JsonNode schemas) {
        this.schemas = schemas;
    }

    /**
     * Returns the paths of all fields of a schema, such as {@code messages[].content}.
     *
     * @param description the whole description
     */
    public static Set<String> of(JsonNode description, String schema) {
        DescribedFields fields = new DescribedFields(description.at("/components/schemas"));
        fields.collect(fields.schemas.path(schema), "");
        return fields.paths;
    }

    private void collect(JsonNode schema, String path) {
        String reference = schema.path("$ref").asText("");
        if (!reference.isEmpty()) {
            String name = reference.substring(reference.lastIndexOf('/') + 1);
            assertThat(schemas.has(name)).as("schema %s", name).isTrue();
            if (!seen.contains(name)) {
                seen.push(name);
                collect(schemas.path(name), path);
                seen.pop();
            }
        }
        for (String alternatives : List.of("allOf", "oneOf", "anyOf")) {
            schema.path(alternatives).forEach(one -> collect(one, path));
        }
        schema.path("properties").properties().forEach(property -> {
            String inner = path.isEmpty() ? property.getKey() : path + "." + property.getKey();
            paths.add(inner);
            collect(property.getValue(), inner);
        });
        if (schema.has("items")) {
            collect(schema.path("items"), path + "[]");
        }
    }
}
