package io.quern.grammar;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.random.RandomGenerator;

/** Writes random schemas as people and libraries write them. About one in ten has a keyword that is not supported. */
public record RandomSchemas(RandomGenerator random) {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final int MAX_DEPTH = 3;
    private static final List<String> NAMES = List.of("id", "name", "kind", "a b", "größe", "items", "q\"uote", "next");
    private static final List<String> FORMATS =
            List.of("date", "time", "date-time", "uuid", "ipv4", "ipv6", "email", "hostname", "uri", "int32");
    private static final List<String> PATTERNS =
            List.of("^[a-z]{2,5}$", "^\\d{3}-\\d{2}$", "x", "^(red|green|blue)$", "^[^0-9]+$", "^\\w+ \\w+$");

    /** Returns an object at the root, because most clients ask for one. */
    public ObjectNode next() {
        ObjectNode root = object(0);
        if (random.nextInt(10) == 0) {
            root.put("$schema", "https://json-schema.org/draft/2020-12/schema").put("title", "Random");
        }
        root.set("$defs", NODES.objectNode().set("shared", leaf()));
        if (random.nextInt(40) == 0) {
            root.set("not", NODES.objectNode().put("const", 1));
        }
        return root;
    }

    private ObjectNode schema(int depth) {
        return switch (depth >= MAX_DEPTH ? random.nextInt(6) : random.nextInt(12)) {
            case 0, 1, 2, 3, 4 -> leaf();
            case 5 -> NODES.objectNode().put("$ref", "#/$defs/shared");
            case 6, 7 -> object(depth);
            case 8 -> array(depth);
            case 9 -> NODES.objectNode().set("anyOf", both(leaf(), schema(depth + 1)));
            case 10 -> NODES.objectNode().set("oneOf", both(tagged("x", depth), tagged("y", depth)));
            default ->
                NODES.objectNode()
                        .set(
                                "anyOf",
                                both(
                                        NODES.objectNode().put("$ref", "#"),
                                        NODES.objectNode().put("type", "null")));
        };
    }

    private ObjectNode object(int depth) {
        ObjectNode schema = NODES.objectNode().put("type", "object");
        ObjectNode properties = schema.putObject("properties");
        ArrayNode required = NODES.arrayNode();
        int count = random.nextInt(1, 6);
        for (int i = 0; i < count; i++) {
            String name = NAMES.get(random.nextInt(NAMES.size()));
            if (!properties.has(name)) {
                ObjectNode value = schema(depth + 1);
                properties.set(name, value);
                // a reference to the root must have a way out
                if (random.nextBoolean()) {
                    required.add(name);
                }
            }
        }
        if (!required.isEmpty()) {
            schema.set("required", required);
        }
        switch (random.nextInt(12)) {
            case 0, 1, 2, 3, 4 -> schema.put("additionalProperties", false);
            case 5 -> schema.set("additionalProperties", leaf());
            case 6 -> schema.put("minProperties", 1);
            case 7 ->
                schema.set(
                        "allOf",
                        both(
                                NODES.objectNode()
                                        .set("properties", NODES.objectNode().set("id", NODES.objectNode())),
                                NODES.objectNode().put("maxProperties", 20)));
            case 8 -> {
                if (random.nextInt(4) == 0) {
                    schema.set("patternProperties", NODES.objectNode().set("^x", leaf()));
                }
            }
            default -> {}
        }
        return schema;
    }

    private ObjectNode tagged(String tag, int depth) {
        ObjectNode schema = object(depth + 1);
        ObjectNode properties = NODES.objectNode();
        properties.set("tag", NODES.objectNode().put("const", tag));
        properties.setAll((ObjectNode) schema.get("properties"));
        schema.set("properties", properties);
        ArrayNode required = schema.withArray("required");
        required.add("tag");
        return schema;
    }

    private ObjectNode array(int depth) {
        ObjectNode schema = NODES.objectNode().put("type", "array");
        schema.set("items", schema(depth + 1));
        switch (random.nextInt(8)) {
            case 0 -> schema.put("minItems", 1).put("maxItems", random.nextInt(1, 5));
            case 1 -> schema.put("maxItems", 3);
            case 2 -> schema.set("prefixItems", both(leaf(), leaf()));
            case 3 -> {
                if (random.nextInt(3) == 0) {
                    schema.put("uniqueItems", true);
                }
            }
            default -> {}
        }
        return schema;
    }

    private ObjectNode leaf() {
        ObjectNode schema = NODES.objectNode();
        switch (random.nextInt(9)) {
            case 0 -> schema.put("type", "boolean");
            case 1 -> schema.putArray("enum").add("a").add(1).addNull().add(true);
            case 2 -> schema.put("type", "integer").put("minimum", random.nextInt(-50, 50));
            case 3 ->
                schema.put("type", "integer")
                        .put("maximum", random.nextInt(100))
                        .put("multipleOf", 5);
            case 4 -> schema.put("type", "number").put("exclusiveMinimum", -1.5).put("maximum", random.nextInt(1000));
            case 5 -> schema.put("type", "string").put("format", FORMATS.get(random.nextInt(FORMATS.size())));
            case 6 -> schema.put("type", "string").put("pattern", PATTERNS.get(random.nextInt(PATTERNS.size())));
            case 7 -> schema.put("type", "string").put("minLength", 1).put("maxLength", random.nextInt(1, 40));
            default -> schema.putArray("type").add("string").add("null");
        }
        return random.nextInt(6) == 0 ? schema.put("description", "some value") : schema;
    }

    private static ArrayNode both(ObjectNode a, ObjectNode b) {
        return NODES.arrayNode().add(a).add(b);
    }
}
