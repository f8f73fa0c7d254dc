package io.quern.openai;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quern.generation.Constraint;
import io.quern.grammar.Grammar;
import io.quern.grammar.GrammarException;
import io.quern.grammar.GrammarLimits;
import io.quern.grammar.SchemaGrammars;
import io.quern.grammar.TextGrammars;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads the fields that constrain the text of an answer, and makes the grammar: OpenAI's {@code response_format},
 * vLLM's {@code structured_outputs} and {@code guided_*}, llama.cpp's {@code grammar} and {@code json_schema}. A
 * request may have only one of them.
 */
record ConstraintFields(GrammarLimits limits) {
    /** Beyond it, clients get an error. */
    private static final int MAX_CHOICES = 10_000;

    private static final JsonShape CHOICES = JsonShape.array(JsonShape.LEAF, MAX_CHOICES + 1);

    static final Map<String, JsonShape> SHAPES = Map.of(
            "response_format",
            JsonShape.object(Map.of(
                    "type",
                    JsonShape.LEAF,
                    "schema",
                    JsonShape.ANY,
                    "json_schema",
                    JsonShape.object(Map.of("schema", JsonShape.ANY)).and(Set.of("name", "description", "strict")))),
            "structured_outputs",
            JsonShape.object(Map.of("json", JsonShape.ANY, "choice", CHOICES))
                    .and(Set.of(
                            "regex",
                            "grammar",
                            "json_object",
                            "structural_tag",
                            "disable_any_whitespace",
                            "disable_additional_properties",
                            "whitespace_pattern")),
            "guided_json",
            JsonShape.ANY,
            "guided_regex",
            JsonShape.LEAF,
            "guided_choice",
            CHOICES,
            "guided_grammar",
            JsonShape.LEAF,
            "grammar",
            JsonShape.LEAF,
            "json_schema",
            JsonShape.ANY);

    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_-]{1,64}");
    private static final ObjectMapper MAPPER = new ObjectMapper()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS, DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    /** A field that asks for a constraint. */
    private record Asked(String path, Supplier<Grammar> grammar) {}

    /**
     * A grammar, which a larger one can embed, and the field that asks for it.
     *
     * @param limits what is left for the larger one
     */
    record Wanted(Grammar grammar, String path, GrammarLimits limits) {
        Constraint constraint() {
            return new Constraint(grammar.gbnf(), path, limits.tokenTime());
        }
    }

    /**
     * Returns what the answer must obey, or null if the request has no constraint. Making the grammar may be expensive.
     *
     * @throws ApiException if a field is wrong, or if there are several constraints
     */
    @Nullable
    Wanted read(Fields body) {
        return new ConstraintFields(limits.ofOneRequest()).wanted(body);
    }

    private @Nullable Wanted wanted(Fields body) {
        List<Asked> found = new ArrayList<>();
        responseFormat(body, found);
        structuredOutputs(body, found);
        json(body, "guided_json", found);
        json(body, "json_schema", found);
        text(body, "guided_regex", (text, path) -> texts().regex(text, path), found);
        choice(body, "guided_choice", found);
        text(body, "guided_grammar", (text, path) -> texts().gbnf(text, path), found);
        if (!"".equals(body.text("grammar"))) {
            text(body, "grammar", (text, path) -> texts().gbnf(text, path), found);
        }
        if (found.isEmpty()) {
            return null;
        }
        Asked asked = found.getFirst();
        if (found.size() > 1) {
            throw ApiException.invalid(
                    found.get(1).path,
                    found.get(1).path + " and " + asked.path + " exclude each other. Send only one of them.");
        }
        try {
            return new Wanted(asked.grammar.get(), asked.path, limits);
        } catch (GrammarException e) {
            throw ApiException.invalid(e.path(), String.valueOf(e.getMessage()));
        }
    }

    private void responseFormat(Fields body, List<Asked> found) {
        Fields format = body.object("response_format");
        if (format == null) {
            return;
        }
        String type = format.text("type");
        String path = format.path("type");
        switch (type == null ? "" : type) {
            case "text" -> {}
            case "json_object" -> {
                // llama.cpp's way to send a schema
                if (format.has("schema")) {
                    json(format, "schema", found);
                } else {
                    found.add(new Asked(path, () -> schemas().anyObject()));
                }
            }
            case "json_schema" -> jsonSchema(format, found);
            case "structural_tag" -> throw ApiException.invalid(path, path + " structural_tag is not supported");
            default ->
                throw ApiException.invalid(
                        path,
                        path + " must be text, json_object or json_schema"
                                + (type == null ? "" : ", but is " + Excerpt.quoted(type)));
        }
    }

    private void jsonSchema(Fields format, List<Asked> found) {
        Fields named = format.object("json_schema");
        if (named == null) {
            throw ApiException.invalid(format.path("json_schema"), format.path("json_schema") + " is missing");
        }
        String name = named.text("name");
        if (name == null || !NAME.matcher(name).matches()) {
            throw ApiException.invalid(
                    named.path("name"),
                    named.path("name") + (name == null ? " is missing" : " is " + Excerpt.quoted(name))
                            + "; it must be 1 to 64 letters, digits, underscores and hyphens");
        }
        named.text("description");
        named.bool("strict");
        if (!named.has("schema")) {
            throw ApiException.invalid(named.path("schema"), named.path("schema") + " is missing");
        }
        json(named, "schema", found);
    }

    private void structuredOutputs(Fields body, List<Asked> found) {
        Fields outputs = body.object("structured_outputs");
        if (outputs == null) {
            return;
        }
        for (String unsupported : List.of("structural_tag", "whitespace_pattern")) {
            if (outputs.has(unsupported)) {
                throw ApiException.invalid(outputs.path(unsupported), outputs.path(unsupported) + " is not supported");
            }
        }
        if (outputs.bool("disable_additional_properties")) {
            String path = outputs.path("disable_additional_properties");
            throw ApiException.invalid(path, path + " is not supported; set additionalProperties in the schema");
        }
        int before = found.size();
        boolean compact = outputs.bool("disable_any_whitespace");
        json(outputs, "json", compact, found);
        text(outputs, "regex", (text, path) -> texts().regex(text, path), found);
        choice(outputs, "choice", found);
        text(outputs, "grammar", (text, path) -> texts().gbnf(text, path), found);
        if (outputs.bool("json_object")) {
            found.add(new Asked(outputs.path("json_object"), () -> new SchemaGrammars(limits, compact).anyObject()));
        }
        if (found.size() == before) {
            throw ApiException.invalid(
                    body.path("structured_outputs"),
                    body.path("structured_outputs") + " must have one of json, regex, choice, grammar, json_object");
        }
    }

    private void json(Fields fields, String name, List<Asked> found) {
        json(fields, name, false, found);
    }

    private void json(Fields fields, String name, boolean compact, List<Asked> found) {
        JsonNode schema = fields.get(name);
        if (schema != null) {
            String path = fields.path(name);
            found.add(new Asked(path, () -> new SchemaGrammars(limits, compact)
                    .of(schema.isTextual() ? parsed(schema, path) : schema, path)));
        }
    }

    /** Reads a schema that the client sent as text, as vLLM allows it. */
    private JsonNode parsed(JsonNode text, String path) {
        String json = Fields.text(text, path, "a schema");
        if (json.length() > limits.bytes()) {
            throw ApiException.invalid(path, path + " is too long");
        }
        try {
            JsonNode schema = MAPPER.readTree(json);
            if (!schema.isMissingNode()) {
                return schema;
            }
        } catch (JsonProcessingException e) {
            throw ApiException.invalid(path, path + " is not JSON: " + Excerpt.cut(e.getOriginalMessage()));
        }
        throw ApiException.invalid(path, path + " is not JSON: it is empty");
    }

    /** @param grammar makes a grammar of a text; its second parameter is the path of the field */
    private static void text(
            Fields fields, String name, BiFunction<String, String, Grammar> grammar, List<Asked> found) {
        String text = fields.text(name);
        if (text != null) {
            String path = fields.path(name);
            found.add(new Asked(path, () -> grammar.apply(text, path)));
        }
    }

    private void choice(Fields fields, String name, List<Asked> found) {
        if (!fields.has(name)) {
            return;
        }
        String path = fields.path(name);
        List<String> choices = fields.texts(name);
        if (choices.size() > MAX_CHOICES) {
            throw ApiException.invalid(path, path + " has more than " + MAX_CHOICES + " choices");
        }
        found.add(new Asked(path, () -> texts().choice(choices, path)));
    }

    private SchemaGrammars schemas() {
        return new SchemaGrammars(limits);
    }

    private TextGrammars texts() {
        return new TextGrammars(limits);
    }
}
