package io.quern.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Makes bodies of requests that are nearly valid, from a seed. */
final class BodyMutations {
    private static final ObjectMapper JSON = new ObjectMapper();

    private static final List<String> VALUES = List.of(
            "null",
            "true",
            "false",
            "0",
            "-1",
            "1",
            "2",
            "0.5",
            "16",
            "20",
            "21",
            "128",
            "1e308",
            "1e-400",
            "1e400",
            "1E999999999",
            "2147483648",
            "-9223372036854775809",
            "99999999999999999999999999",
            "\"\"",
            "\"none\"",
            "\"auto\"",
            "\"required\"",
            "\"text\"",
            "\"json_object\"",
            "\"json_schema\"",
            "\"function\"",
            "\"tool\"",
            "\"assistant\"",
            "\"image_url\"",
            "\"\\ud83d\\ude00\"",
            "\"\\ud83d\"",
            "\"\\u0000\"",
            "\"<|im_end|>\"",
            "\"a\\nb\\u2028\"",
            "[]",
            "{}",
            "[null]",
            "[[]]",
            "[\"\"]",
            "[0]",
            "[-1,99999999]",
            "[\"a\",1]",
            "{\"type\":\"object\"}",
            "{\"type\":\"json_object\"}",
            "{\"0\":100}",
            "{\"999999999\":1}",
            "{\"a\":1}",
            "{\"type\":\"function\",\"function\":{\"name\":\"f\"}}",
            "{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"a\",\"schema\":{\"$ref\":\"#\"}}}",
            "{\"type\":\"string\",\"pattern\":\"(a+)+$\"}",
            "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#/$defs/b\"}}}",
            "[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":\"object\"}}}]",
            "[{\"id\":\"a\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\"}}]");

    private final Random random;
    private final List<String> names;

    /** @param names of fields that the engine knows */
    BodyMutations(long seed, List<String> names) {
        this.random = new Random(seed);
        this.names = names;
    }

    /** Returns a body that differs from a valid one in one to four places. */
    String mutated(String valid) {
        try {
            JsonNode root = JSON.readTree(valid);
            List<String> raw = new ArrayList<>();
            for (int i = random.nextInt(4); i >= 0; i--) {
                mutate(root, raw);
            }
            String body = root.toString();
            for (int i = 0; i < raw.size(); i++) {
                body = body.replace("\"@" + i + "@\"", raw.get(i));
            }
            return random.nextInt(6) == 0 ? damaged(body) : body;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes a placeholder for a value that Jackson would not write as it is. */
    private String placeholder(List<String> raw) {
        raw.add(value());
        return "@" + (raw.size() - 1) + "@";
    }

    private String value() {
        return switch (random.nextInt(12)) {
            case 0 -> "[".repeat(depth()) + "]".repeat(depth());
            case 1 -> {
                int depth = depth();
                yield "[".repeat(depth) + "]".repeat(depth);
            }
            case 2 -> {
                int depth = depth();
                yield "{\"a\":".repeat(depth) + "1" + "}".repeat(depth);
            }
            case 3 -> "\"" + "x".repeat(random.nextInt(20_000)) + "\"";
            case 4 -> "[" + "1,".repeat(random.nextInt(3000)) + "1]";
            case 5 -> Long.toString(random.nextLong());
            case 6 -> Double.toString(random.nextGaussian() * 3);
            default -> VALUES.get(random.nextInt(VALUES.size()));
        };
    }

    private int depth() {
        return 1 << random.nextInt(14);
    }

    private void mutate(JsonNode root, List<String> raw) {
        List<JsonNode> containers = new ArrayList<>();
        collect(root, containers);
        JsonNode target = containers.get(random.nextInt(containers.size()));
        if (target instanceof ArrayNode array) {
            switch (array.isEmpty() ? 0 : random.nextInt(4)) {
                case 0 -> array.add(placeholder(raw));
                case 1 -> array.remove(random.nextInt(array.size()));
                case 2 -> array.set(random.nextInt(array.size()), placeholder(raw));
                default -> {
                    for (int i = random.nextInt(40); i > 0; i--) {
                        array.add(array.get(0).deepCopy());
                    }
                }
            }
            return;
        }
        ObjectNode object = (ObjectNode) target;
        List<String> own = new ArrayList<>();
        object.fieldNames().forEachRemaining(own::add);
        String name = own.isEmpty() || random.nextInt(3) == 0
                ? names.get(random.nextInt(names.size()))
                : own.get(random.nextInt(own.size()));
        switch (random.nextInt(6)) {
            case 0 -> object.remove(name);
            case 1 -> {
                if (object.has(name)) {
                    object.set(
                            names.get(random.nextInt(names.size())),
                            object.get(name).deepCopy());
                }
            }
            default -> object.put(name, placeholder(raw));
        }
    }

    private static void collect(JsonNode node, List<JsonNode> containers) {
        if (node.isContainerNode()) {
            containers.add(node);
            node.forEach(inner -> collect(inner, containers));
        }
    }

    /** Damages the text of a body. */
    private String damaged(String body) {
        int at = random.nextInt(body.length());
        int to = Math.min(body.length(), at + random.nextInt(50));
        return switch (random.nextInt(4)) {
            case 0 -> body.substring(0, at);
            case 1 -> body.substring(0, at) + body.substring(to);
            case 2 -> body.substring(0, to) + body.substring(at);
            default -> body.substring(0, at) + (char) random.nextInt(0x3000) + body.substring(at);
        };
    }
}
