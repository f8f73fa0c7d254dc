package io.quern.openai;

import com.fasterxml.jackson.databind.JsonNode;
import io.quern.generation.Prompt;
import java.util.ArrayList;
import java.util.List;

/** Reads the prompts of a completion: a string, tokens, or an array of several of one kind. */
final class Prompts {
    /** More than any context holds. The rest are skipped. */
    private static final int MAX_ELEMENTS = 2_000_000;

    static final JsonShape SHAPE = JsonShape.array(JsonShape.array(JsonShape.LEAF, MAX_ELEMENTS), MAX_ELEMENTS);

    private static final String EXPECTED = "a string, an array of strings, an array of tokens or an array of those";

    private Prompts() {}

    static List<Prompt> read(Fields body) {
        String path = body.path("prompt");
        JsonNode prompt = body.get("prompt");
        if (prompt == null) {
            throw ApiException.invalid(path, path + " is missing");
        }
        if (prompt.isTextual()) {
            return List.of(text(prompt, path));
        }
        if (!prompt.isArray()) {
            throw Fields.wrongType(path, EXPECTED, prompt);
        }
        if (prompt.isEmpty()) {
            throw ApiException.invalid(path, path + " must contain at least one element");
        }
        if (prompt.get(0).isNumber()) {
            return List.of(tokens(prompt, path));
        }
        if (!prompt.get(0).isTextual() && !prompt.get(0).isArray()) {
            throw Fields.wrongType(path + "[0]", "a string, a token or an array of tokens", prompt.get(0));
        }
        List<Prompt> prompts = new ArrayList<>(prompt.size());
        boolean texts = prompt.get(0).isTextual();
        for (int i = 0; i < prompt.size(); i++) {
            String element = path + "[" + i + "]";
            JsonNode value = prompt.get(i);
            prompts.add(texts ? text(value, element) : tokens(value, element));
        }
        return prompts;
    }

    private static Prompt text(JsonNode value, String path) {
        return new Prompt.Text(Fields.text(value, path, "a string"), true);
    }

    private static Prompt tokens(JsonNode value, String path) {
        if (!value.isArray()) {
            throw Fields.wrongType(path, "an array of tokens", value);
        }
        if (value.isEmpty()) {
            throw ApiException.invalid(path, path + " must contain at least one token");
        }
        if (value.size() == MAX_ELEMENTS) {
            throw ApiException.invalid(path, path + " must contain fewer than " + MAX_ELEMENTS + " tokens");
        }
        return new Prompt.Tokens(Fields.tokens(value, path));
    }
}
