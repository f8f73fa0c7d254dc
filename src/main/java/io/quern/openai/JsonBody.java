package io.quern.openai;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;

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
        try {
            return reader.readTree(body);
        } catch (StreamConstraintsException e) {
            throw ApiException.invalid(null, "the body is beyond a limit: " + e.getOriginalMessage());
        } catch (JsonProcessingException e) {
            throw ApiException.invalid(
                    null, "the body is not valid JSON" + where(e.getLocation()) + ": " + e.getOriginalMessage());
        } catch (IOException e) { // bytes that are no UTF-8
            throw ApiException.invalid(null, "the body is not valid JSON: " + e.getMessage());
        }
    }

    private static String where(JsonLocation location) {
        return location == null ? "" : " at line " + location.getLineNr() + ", column " + location.getColumnNr();
    }
}
