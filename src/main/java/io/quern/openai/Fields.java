package io.quern.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads the fields of a JSON object by type. A JSON null counts as absent. Any other wrong type is a 400 that names the
 * path of the field.
 */
final class Fields {
    private final ObjectNode object;
    private final String path;
    private final JsonShape shape;

    /**
     * Creates a view of an object.
     *
     * @param path prefix of field names in messages: {@code ""} or {@code "messages[1]."}
     * @param shape the fields that were read
     */
    Fields(ObjectNode object, String path, JsonShape shape) {
        this.object = object;
        this.path = path;
        this.shape = shape;
    }

    String path(String name) {
        return path + name;
    }

    /** Returns the raw value, or null if it is absent. */
    @Nullable
    JsonNode get(String name) {
        if (!shape.fields().containsKey(name)) {
            // it would count as absent even if the client has sent it
            throw new IllegalArgumentException(path(name) + " is not part of the shape that was read");
        }
        JsonNode value = object.get(name);
        return value == null || value.isNull() ? null : value;
    }

    boolean has(String name) {
        return get(name) != null;
    }

    /** Returns the value, or null if it is absent. */
    @Nullable
    String text(String name) {
        JsonNode value = get(name);
        return value == null ? null : text(value, path(name), "a string");
    }

    /** Returns the value, or false if it is absent. */
    boolean bool(String name) {
        return bool(name, false);
    }

    boolean bool(String name, boolean absent) {
        JsonNode value = get(name);
        if (value == null) {
            return absent;
        }
        if (!value.isBoolean()) {
            throw wrongType(path(name), "a boolean", value);
        }
        return value.booleanValue();
    }

    double number(String name, double absent) {
        JsonNode value = get(name);
        if (value == null) {
            return absent;
        }
        if (!value.isNumber()) {
            throw wrongType(path(name), "a number", value);
        }
        double number = value.doubleValue();
        // a number too small for a double must not become zero, which can have another meaning
        return number == 0 ? value.decimalValue().signum() * Double.MIN_VALUE : number;
    }

    /** Returns an integer of at least {@code min}, or {@code absent}. */
    int integer(String name, int min, int absent) {
        Long value = integer(name, min, Integer.MAX_VALUE, "an integer between " + min + " and " + Integer.MAX_VALUE);
        return value == null ? absent : value.intValue();
    }

    /** Returns the value, or null if it is absent. */
    @Nullable
    Long longInteger(String name) {
        return integer(name, Long.MIN_VALUE, Long.MAX_VALUE, "a 64-bit integer");
    }

    /** Returns the value, or null if it is absent. */
    @Nullable
    Fields object(String name) {
        JsonNode value = get(name);
        return value == null
                ? null
                : object(
                        value, path(name), Objects.requireNonNull(shape.fields().get(name)));
    }

    /** Returns a string or the strings of an array; empty if absent. */
    List<String> texts(String name) {
        JsonNode value = get(name);
        if (value == null) {
            return List.of();
        }
        if (value.isTextual()) {
            return List.of(text(value, path(name), "a string"));
        }
        if (!value.isArray()) {
            throw wrongType(path(name), "a string or an array of strings", value);
        }
        List<String> texts = new ArrayList<>(value.size());
        for (int i = 0; i < value.size(); i++) {
            texts.add(text(value.get(i), path(name) + "[" + i + "]", "a string"));
        }
        return texts;
    }

    /** Reads the objects of an array, in their order; empty if absent. */
    <T> List<T> objects(String name, Function<Fields, T> read) {
        JsonNode value = get(name);
        if (value == null) {
            return List.of();
        }
        if (!value.isArray()) {
            throw wrongType(path(name), "an array", value);
        }
        JsonShape element = Objects.requireNonNull(
                Objects.requireNonNull(shape.fields().get(name)).element());
        List<T> objects = new ArrayList<>(value.size());
        for (int i = 0; i < value.size(); i++) {
            objects.add(read.apply(object(value.get(i), path(name) + "[" + i + "]", element)));
        }
        return objects;
    }

    static Fields object(JsonNode value, String path, JsonShape shape) {
        if (value instanceof ObjectNode object) {
            return new Fields(object, path + ".", shape);
        }
        throw wrongType(path, "an object", value);
    }

    /** Returns the tokens of an array. It may be long, so paths are made only for errors. */
    static List<Integer> tokens(JsonNode array, String path) {
        List<Integer> tokens = new ArrayList<>(array.size());
        for (int i = 0; i < array.size(); i++) {
            JsonNode token = array.get(i);
            if (!token.isInt() || token.intValue() < 0) {
                throw notToken(token, path + "[" + i + "]");
            }
            tokens.add(token.intValue());
        }
        return tokens;
    }

    static ApiException notToken(JsonNode value, String path) {
        String expected = "the number of a token";
        return value.isNumber()
                ? ApiException.invalid(path, path + " must be " + expected + ", but is " + Excerpt.cut(value.asText()))
                : wrongType(path, expected, value);
    }

    static String text(JsonNode value, String path, String expected) {
        if (!value.isTextual()) {
            throw wrongType(path, expected, value);
        }
        String text = value.textValue();
        int broken = loneSurrogate(text);
        if (broken >= 0) {
            throw ApiException.invalid(
                    path, path + " must be Unicode text, but has an unpaired surrogate at position " + broken);
        }
        return text;
    }

    static ApiException wrongType(String path, String expected, JsonNode value) {
        return ApiException.invalid(path, path + " must be " + expected + ", but is " + typeOf(value));
    }

    static String typeOf(JsonNode value) {
        return switch (value.getNodeType()) {
            case ARRAY -> "an array";
            case OBJECT, POJO -> "an object";
            case STRING, BINARY -> "a string";
            case NUMBER -> "a number";
            case BOOLEAN -> "a boolean";
            case NULL, MISSING -> "null";
        };
    }

    private @Nullable Long integer(String name, long min, long max, String expected) {
        JsonNode value = get(name);
        if (value == null) {
            return null;
        }
        if (!value.isNumber()) {
            throw wrongType(path(name), "an integer", value);
        }
        // 16.0 counts as 16, because some clients have no integers
        if (!value.isIntegralNumber() && value.doubleValue() != Math.rint(value.doubleValue())
                || !value.canConvertToLong()
                || value.longValue() < min
                || value.longValue() > max) {
            throw ApiException.invalid(
                    path(name), path(name) + " must be " + expected + ", but is " + Excerpt.cut(value.asText()));
        }
        return value.longValue();
    }

    /**
     * Returns the position of the first unpaired surrogate, or -1. Text with one has no UTF-8 form, so a worker would
     * get another text.
     */
    private static int loneSurrogate(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                if (i + 1 == text.length() || !Character.isSurrogatePair(text.charAt(i), text.charAt(i + 1))) {
                    return i;
                }
                i++;
            }
        }
        return -1;
    }
}
