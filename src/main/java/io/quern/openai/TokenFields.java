package io.quern.openai;

import com.fasterxml.jackson.databind.JsonNode;
import io.quern.generation.Ending;
import io.quern.generation.TokenRules;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads the fields about single tokens and about the end of an answer. All but {@code logit_bias} are vLLM's. */
final class TokenFields {
    /** Far more than the API accepts. The others are only counted. */
    private static final int MAX_ELEMENTS = 2000;

    static final JsonShape SHAPE = JsonShape.object(Map.of())
            .and(Set.of("ignore_eos", "min_tokens", "typical_p", "include_stop_str_in_output", "skip_special_tokens"))
            .and("stop", JsonShape.array(JsonShape.LEAF, MAX_ELEMENTS))
            .and("stop_token_ids", JsonShape.array(JsonShape.LEAF, MAX_ELEMENTS))
            .and("bad_words", JsonShape.array(JsonShape.LEAF, MAX_ELEMENTS))
            .and("logit_bias", JsonShape.map(JsonShape.LEAF, MAX_ELEMENTS));

    private TokenFields() {}

    static TokenRules rules(Fields body) {
        Map<Integer, Double> bias = bias(body);
        List<String> badWords = body.texts("bad_words");
        return bias.isEmpty() && badWords.isEmpty() ? TokenRules.NONE : new TokenRules(bias, badWords);
    }

    /** @param maxTokens 0: until the context is full */
    static Ending ending(Fields body, int maxTokens) {
        return new Ending(
                maxTokens,
                body.integer("min_tokens", 0, 0),
                body.texts("stop"),
                tokens(body, "stop_token_ids"),
                body.bool("include_stop_str_in_output"),
                body.bool("ignore_eos"));
    }

    /** Returns whether the text contains control tokens. */
    static boolean showsSpecialTokens(Fields body) {
        return !body.bool("skip_special_tokens", true);
    }

    private static Map<Integer, Double> bias(Fields body) {
        JsonNode field = body.get("logit_bias");
        if (field == null) {
            return Map.of();
        }
        String path = body.path("logit_bias");
        if (!field.isObject()) {
            throw Fields.wrongType(path, "an object", field);
        }
        Map<Integer, Double> bias = new HashMap<>();
        for (Map.Entry<String, JsonNode> entry : field.properties()) {
            String key = path + "." + Excerpt.cut(entry.getKey());
            if (!entry.getValue().isNumber()) {
                throw Fields.wrongType(key, "a number", entry.getValue());
            }
            bias.put(token(entry.getKey(), key), entry.getValue().doubleValue());
        }
        return bias;
    }

    private static int token(String name, String path) {
        // at most nine digits, so that it is an int
        if (!name.matches("0|[1-9][0-9]{0,8}")) {
            throw ApiException.invalid(path, path + " must be named by the number of a token");
        }
        return Integer.parseInt(name);
    }

    private static List<Integer> tokens(Fields body, String name) {
        JsonNode field = body.get(name);
        if (field == null) {
            return List.of();
        }
        if (!field.isArray()) {
            throw Fields.wrongType(body.path(name), "an array of token numbers", field);
        }
        List<Integer> tokens = new ArrayList<>(field.size());
        for (int i = 0; i < field.size(); i++) {
            JsonNode token = field.get(i);
            // 8.0 counts as 8, because some clients have no integers
            if (!token.canConvertToExactIntegral() || !token.canConvertToInt() || token.intValue() < 0) {
                throw Fields.notToken(token, body.path(name) + "[" + i + "]");
            }
            tokens.add(token.intValue());
        }
        return tokens;
    }
}
