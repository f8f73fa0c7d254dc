package io.quern.openai;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.LongConsumer;

/**
 * Reads a request's body as a tree of those parts that are looked at. Not as records: a tree lets a wrong type be named
 * by its path, in our words, and unknown fields be passed over.
 */
final class JsonBody {
    private static final JsonNodeFactory NODES = JsonNodeFactory.withExactBigDecimals(true);

    /** Stand for all that are not empty and not looked at. */
    private static final ObjectNode SOME_OBJECT = NODES.objectNode().putNull("");

    private static final ArrayNode SOME_ARRAY = NODES.arrayNode().addNull();

    private final JsonFactory factory;

    JsonBody(int maxDepth, int maxBytes) {
        StreamReadConstraints limits = StreamReadConstraints.builder()
                .maxNestingDepth(maxDepth)
                .maxStringLength(maxBytes)
                .build();
        factory = JsonFactory.builder()
                .streamReadConstraints(limits)
                // names are the clients' choice: the JVM's own table of strings is no place for them
                .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                .build();
    }

    /**
     * @param shape what of it is looked at
     * @param memory is told of the bytes that the tree takes, beside its texts, and may refuse them by an {@link
     *     ApiException}
     * @throws ApiException if the body is not one JSON object
     */
    Fields read(byte[] body, JsonShape shape, LongConsumer memory) {
        Utf8Check.check(body);
        JsonNode root = null;
        try (JsonParser parser = factory.createParser(body)) {
            if (parser.nextToken() != null) {
                root = new Tree(parser, memory).value(shape);
                if (parser.nextToken() != null) {
                    throw ApiException.invalid(null, JsonFault.trailing(parser.currentTokenLocation()));
                }
            }
        } catch (JsonProcessingException e) {
            throw ApiException.invalid(null, JsonFault.describe(e));
        } catch (IOException e) {
            throw new UncheckedIOException("an array was read", e);
        }
        if (root == null) {
            throw ApiException.invalid(null, "the body is empty; it must be a JSON object");
        }
        if (root instanceof ObjectNode object) {
            return new Fields(object, "", shape);
        }
        throw ApiException.invalid(null, "the body must be a JSON object, is " + Fields.typeOf(root));
    }

    /** One tree that is being built. */
    private static final class Tree {
        /** What HotSpot takes for a node with its place in the node above, and for an object with its map. */
        private static final int NODE_COST = 64;

        private static final int OBJECT_COST = 256;

        /** Usual bodies stay below, and the budget is asked by few. */
        private static final int STEP = 64 * 1024;

        private final JsonParser parser;
        private final LongConsumer memory;
        private long cost;

        Tree(JsonParser parser, LongConsumer memory) {
            this.parser = parser;
            this.memory = memory;
        }

        /** The value that begins with the current token. */
        JsonNode value(JsonShape shape) throws IOException {
            return switch (parser.currentToken()) {
                case START_OBJECT -> object(shape);
                case START_ARRAY -> array(shape);
                default -> scalar();
            };
        }

        private JsonNode object(JsonShape shape) throws IOException {
            if (shape.fields().isEmpty()) {
                return skipped() ? SOME_OBJECT : NODES.objectNode();
            }
            takes(OBJECT_COST);
            ObjectNode object = NODES.objectNode();
            for (JsonToken name = parser.nextToken(); name == JsonToken.FIELD_NAME; name = parser.nextToken()) {
                JsonShape field = shape.fields().get(parser.currentName());
                String known = parser.currentName();
                parser.nextToken();
                if (field == null) {
                    parser.skipChildren();
                } else {
                    object.set(known, value(field));
                }
            }
            return object;
        }

        private JsonNode array(JsonShape shape) throws IOException {
            JsonShape element = shape.element();
            if (element == null) {
                return skipped() ? SOME_ARRAY : NODES.arrayNode();
            }
            takes(OBJECT_COST);
            ArrayNode array = NODES.arrayNode();
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                if (array.size() < shape.maxElements()) {
                    array.add(value(element));
                } else {
                    parser.skipChildren();
                }
            }
            return array;
        }

        private JsonNode scalar() throws IOException {
            takes(NODE_COST);
            return switch (parser.currentToken()) {
                case VALUE_STRING -> NODES.textNode(parser.getText());
                case VALUE_NUMBER_INT -> {
                    yield switch (parser.getNumberType()) {
                        case INT -> NODES.numberNode(parser.getIntValue());
                        case LONG -> NODES.numberNode(parser.getLongValue());
                        default -> NODES.numberNode(parser.getBigIntegerValue());
                    };
                }
                // tells 1e-400 from 0
                case VALUE_NUMBER_FLOAT -> NODES.numberNode(parser.getDecimalValue());
                case VALUE_TRUE -> NODES.booleanNode(true);
                case VALUE_FALSE -> NODES.booleanNode(false);
                default -> NODES.nullNode();
            };
        }

        /** Leaves the current object or array behind; whether there was something in it. */
        private boolean skipped() throws IOException {
            JsonToken first = parser.nextToken();
            if (first.isStructEnd()) {
                return false;
            }
            for (JsonToken token = first; !token.isStructEnd(); token = parser.nextToken()) {
                parser.skipChildren(); // ends at the token itself where that is no object or array
            }
            return true;
        }

        private void takes(int bytes) {
            cost += bytes;
            if (cost >= STEP) {
                memory.accept(cost);
                cost = 0;
            }
        }
    }
}
