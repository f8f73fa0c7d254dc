package io.quern.openai;

import com.fasterxml.jackson.databind.JsonNode;
import io.quern.generation.VocabularyQuestion;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongConsumer;

/** Reads the body of POST /detokenize. */
record DetokenizeReader(JsonBody json, ModelSelection models) implements Reception.Parser<VocabularyRequest<String>> {
    static final JsonShape SHAPE = JsonShape.object(Map.of())
            .and(Set.of("model"))
            .and("tokens", JsonShape.array(JsonShape.LEAF, Integer.MAX_VALUE));

    @Override
    public VocabularyRequest<String> parse(byte[] bytes, LongConsumer memory) {
        Fields body = json.read(bytes, SHAPE, memory);
        return new VocabularyRequest<>(
                models.of(body), new VocabularyQuestion.Detokenize(tokens(body)), DetokenizeReader::json);
    }

    private static List<Integer> tokens(Fields body) {
        JsonNode tokens = body.get("tokens");
        if (tokens == null) {
            throw ApiException.invalid("tokens", "tokens is missing");
        }
        if (!tokens.isArray()) {
            throw Fields.wrongType("tokens", "an array of tokens", tokens);
        }
        List<Integer> read = new ArrayList<>(tokens.size());
        for (int i = 0; i < tokens.size(); i++) {
            read.add(token(tokens.get(i), "tokens[" + i + "]"));
        }
        return read;
    }

    private static int token(JsonNode value, String path) {
        if (!value.isNumber()) {
            throw Fields.wrongType(path, "a token", value);
        }
        if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < 0) {
            throw ApiException.invalid(path, path + " must be a token, but is " + Excerpt.cut(value.asText()));
        }
        return value.intValue();
    }

    private static Buffer json(String text) {
        return JsonText.appendQuoted(Buffer.buffer(32 + text.length()).appendString("{\"prompt\":"), text)
                .appendString("}");
    }
}
