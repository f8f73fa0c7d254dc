package io.quern.grammar;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion.VersionFlag;
import java.util.Optional;

/** Validates documents of one schema, formats included, with a validator of others. */
public final class Validator {
    public static final ObjectMapper MAPPER = new ObjectMapper();

    private final JsonSchema schema;

    public Validator(JsonNode schema, VersionFlag draft) {
        this.schema = JsonSchemaFactory.getInstance(draft)
                .getSchema(
                        schema,
                        SchemaValidatorsConfig.builder()
                                .formatAssertionsEnabled(true)
                                .build());
    }

    /** Returns what is wrong with a document, or empty. */
    public Optional<String> problem(String document) {
        try {
            return schema.validate(MAPPER.readTree(document)).stream()
                    .findFirst()
                    .map(Object::toString);
        } catch (JsonProcessingException e) {
            return Optional.of(e.getOriginalMessage());
        }
    }
}
