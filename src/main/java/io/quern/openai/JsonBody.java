package io.quern.openai;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Reads a request's body as a tree. Not as records: a tree lets a wrong type be named by its path, in our words, and unknown
 * fields be passed over.
 */
final class JsonBody {
    private final ObjectReader reader;

    JsonBody(int maxDepth, int maxBytes) {
        StreamReadConstraints limits = StreamReadConstraints.builder()
                .maxNestingDepth(maxDepth)
                .maxStringLength(maxBytes)
                .build();
        JsonFactory factory =
                JsonFactory.builder().streamReadConstraints(limits).build();
        reader = JsonMapper.builder(factory)
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS) // tells 1e-400 from 0
                .build()
                .readerFor(JsonNode.class);
    }

    /** @throws ApiException if the body is not one JSON object */
    Fields read(byte[] body) {
        JsonNode root = tree(body);
        if (root == null || root.isMissingNode()) {
            throw ApiException.invalid(null, "the body is empty; it must be a JSON object");
        }
        if (root instanceof ObjectNode object) {
            return new Fields(object, "");
        }
        throw ApiException.invalid(null, "the body must be a JSON object, is " + Fields.typeOf(root));
    }

    private JsonNode tree(byte[] body) {
        Utf8Check.check(body);
        try {
            return reader.readTree(body);
        } catch (JsonProcessingException e) {
            throw ApiException.invalid(null, JsonFault.describe(e));
        } catch (IOException e) {
            throw new UncheckedIOException("an array was read", e);
        }
    }
}
