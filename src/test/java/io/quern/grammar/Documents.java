package io.quern.grammar;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.SpecVersion.VersionFlag;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Checks texts that a grammar allows against the schema that it was made from, with a validator of others. */
final class Documents {
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
        Validator validator = new Validator(schema, VersionFlag.V202012);
        Sentences sentences = new Sentences(grammar);
        Random random = new Random(1);
        List<String> problems = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String document = sentences.next(random);
            validator.problem(document).ifPresent(problem -> problems.add(document + ": " + problem));
        }
        return problems;
    }
}
