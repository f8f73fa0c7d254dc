package io.quern.client;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;

/** Reads JSON as trees, which need no reflection in a native executable. */
final class Json {
    private static final ObjectReader TREES = JsonMapper.builder().build().readerFor(JsonNode.class);

    private Json() {}

    /** Returns a missing node if the text is not JSON. */
    static JsonNode parseOrMissing(String text) {
        try {
            JsonNode json = TREES.readTree(text);
            return json == null ? MissingNode.getInstance() : json;
        } catch (JsonProcessingException e) {
            return MissingNode.getInstance();
        }
    }
}
