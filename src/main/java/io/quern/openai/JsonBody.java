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
 * Parses a request's body into a tree of only those parts that the API reads. A tree, and not records, because it lets
 * error messages name a wrong type by its path, and lets unknown fields be skipped.
 */
final class JsonBody {
    private static final JsonNodeFactory NODES = JsonNodeFactory.withExactBigDecimals(true);

    /** Placeholders for objects and arrays that are not empty and whose content is not read. */
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
                // clients choose the names, which must not fill the JVM's own table of strings
                .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                .build();
    }

    /**
     * Parses a body.
     *
     * @param shape the parts to read
     * @param memory receives the number of bytes that the tree takes in addition to its texts; may refuse them with an
     *     {@link ApiException}
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
            throw new UncheckedIOException("reading from a byte array cannot fail", e);
        }
        if (root == null) {
            throw ApiException.invalid(null, "The body is empty. Send a JSON object.");
        }
        if (root instanceof ObjectNode object) {
            return new Fields(object, "", shape);
        }
        throw ApiException.invalid(null, "The body must be a JSON object, but is " + Fields.typeOf(root));
    }

    /** Builds one tree. */
    private static final class Tree {
        /** Bytes that HotSpot needs for a node with its place in its parent, and for an object with its map. */
        private static final int NODE_COST = 64;

        private static final int OBJECT_COST = 256;

        /** Usual bodies stay below this number of bytes, so that few of them need the shared budget. */
        private static final int STEP = 64 * 1024;

        private final JsonParser parser;
        private final LongConsumer memory;
        private long cost;

        Tree(JsonParser parser, LongConsumer memory) {
            this.parser = parser;
            this.memory = memory;
        }

        /** Returns the value that starts at the current token. */
        JsonNode value(JsonShape shape) throws IOException {
            return switch (parser.currentToken()) {
                case START_OBJECT -> object(shape);
                case START_ARRAY -> array(shape);
                default -> scalar();
            };
        }

        private JsonNode object(JsonShape shape) throws IOException {
            JsonShape any = shape == JsonShape.ANY ? shape : shape.fields().isEmpty() ? shape.element() : null;
            if (shape.fields().isEmpty() && any == null) {
                return skipped() ? SOME_OBJECT : NODES.objectNode();
            }
            takes(OBJECT_COST);
            ObjectNode object = NODES.objectNode();
            for (JsonToken name = parser.nextToken(); name == JsonToken.FIELD_NAME; name = parser.nextToken()) {
                JsonShape field = any == null
                        ? shape.fields().get(parser.currentName())
                        : any == shape || object.size() < shape.maxElements() ? any : null;
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
            boolean any = shape == JsonShape.ANY;
            JsonShape element = any ? shape : shape.element();
            if (element == null) {
                return skipped() ? SOME_ARRAY : NODES.arrayNode();
            }
            takes(OBJECT_COST);
            ArrayNode array = NODES.arrayNode();
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                if (any || array.size() < shape.maxElements()) {
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
                // distinguishes 1e-400 from 0
                case VALUE_NUMBER_FLOAT -> NODES.numberNode(parser.getDecimalValue());
                case VALUE_TRUE -> NODES.booleanNode(true);
                case VALUE_FALSE -> NODES.booleanNode(false);
                default -> NODES.nullNode();
            };
        }

        /** Skips the current object or array, and returns whether it had content. */
        private boolean skipped() throws IOException {
            JsonToken first = parser.nextToken();
            if (first.isStructEnd()) {
                return false;
            }
            for (JsonToken token = first; !token.isStructEnd(); token = parser.nextToken()) {
                parser.skipChildren(); // does nothing unless the token starts an object or array
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
