package io.quern.openai;

import com.fasterxml.jackson.databind.JsonNode;
import io.quern.generation.VocabularyQuestion;
import io.vertx.core.buffer.Buffer;
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
        return Fields.tokens(tokens, "tokens");
    }

    private static Buffer json(String text) {
        return JsonText.appendQuoted(Buffer.buffer(32 + text.length()).appendString("{\"prompt\":"), text)
                .appendString("}");
    }
}
