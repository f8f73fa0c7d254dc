package io.quern.grammar;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion.VersionFlag;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Checks texts that a grammar allows against the schema that it was made from, with a validator of others. */
final class Documents {
    static final ObjectMapper MAPPER = new ObjectMapper();

    private Documents() {}

    static JsonNode json(String text) {
        try {
            return new ObjectMapper()
                    .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                    .readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(text, e);
        }
    }

    static Grammar grammar(String schema) {
        return new SchemaGrammars(GrammarLimits.DEFAULT).of(json(schema.replace('\'', '"')), "schema");
    }

    /** Returns what is wrong with random documents of the grammar, or nothing. */
    static List<String> problems(JsonNode schema, Grammar grammar, int count) {
        JsonSchema validator = JsonSchemaFactory.getInstance(VersionFlag.V202012)
                .getSchema(
                        schema,
                        SchemaValidatorsConfig.builder()
                                .formatAssertionsEnabled(true)
                                .build());
        Sentences sentences = new Sentences(grammar);
        Random random = new Random(1);
        List<String> problems = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String document = sentences.next(random);
            try {
                validator
                        .validate(MAPPER.readTree(document))
                        .forEach(problem -> problems.add(document + ": " + problem));
            } catch (JsonProcessingException e) {
                problems.add(document + ": " + e.getOriginalMessage());
            }
        }
        return problems;
    }
}
