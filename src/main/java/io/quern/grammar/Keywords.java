package io.quern.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the keywords of one schema object, and refuses those that are wrong or that a grammar cannot express. */
final class Keywords {
    private static final Set<String> NEVER_SUPPORTED =
            Set.of("not", "if", "$dynamicRef", "$recursiveRef", "disallow", "extends", "divisibleBy");

    /** The keywords that concern values of one type only. */
    private static final Map<JsonType, Set<String>> BY_TYPE = Map.of(
            JsonType.OBJECT,
            Set.of("properties", "required", "additionalProperties", "minProperties", "maxProperties"),
            JsonType.ARRAY,
            Set.of("items", "prefixItems", "additionalItems", "minItems", "maxItems"),
            JsonType.STRING,
            Set.of("minLength", "maxLength", "pattern", "format", "contentEncoding"),
            JsonType.FRACTION,
            Set.of("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"));

    private static final Map<JsonType, Set<String>> UNSUPPORTED = Map.of(
            JsonType.OBJECT,
            Set.of(
                    "patternProperties",
                    "propertyNames",
                    "dependentRequired",
                    "dependentSchemas",
                    "dependencies",
                    "unevaluatedProperties"),
            JsonType.ARRAY,
            Set.of("contains", "uniqueItems", "unevaluatedItems"),
            JsonType.STRING,
            Set.of("contentMediaType", "contentSchema"));

    private Keywords() {}

    /** Refuses keywords that concern values of any type. */
    static void check(Located schema) {
        for (String keyword : NEVER_SUPPORTED) {
            JsonNode value = schema.node().get(keyword);
            boolean idle = keyword.equals("if") && !schema.has("then") && !schema.has("else");
            if (value != null && !idle) {
                throw schema.refuse(keyword, "is not supported");
            }
        }
    }

    /** Refuses keywords that concern values of these types. */
    static void check(Located schema, Set<JsonType> types) {
        UNSUPPORTED.forEach((type, keywords) -> {
            if (types.contains(type)) {
                keywords.stream().sorted().forEach(keyword -> {
                    JsonNode value = schema.node().get(keyword);
                    if (value != null && !isIdle(keyword, value)) {
                        throw schema.refuse(keyword, "is not supported");
                    }
                });
            }
        });
    }

    /** Returns whether an unsupported keyword demands nothing. */
    private static boolean isIdle(String keyword, JsonNode value) {
        boolean empty = value.isObject() && value.isEmpty();
        return switch (keyword) {
            case "uniqueItems" -> value.isBoolean() && !value.booleanValue();
            case "contains" -> false;
            case "propertyNames", "unevaluatedProperties", "unevaluatedItems" ->
                empty || value.isBoolean() && value.booleanValue();
            default -> empty;
        };
    }

    /** Returns the types that the schema allows by its keyword, or null if it has none. */
    static @Nullable Set<JsonType> types(Located schema) {
        JsonNode type = schema.node().get("type");
        if (type == null) {
            return null;
        }
        Set<JsonType> types = EnumSet.noneOf(JsonType.class);
        for (JsonNode name : type.isArray() ? type : List.of(type)) {
            Set<JsonType> named = JsonType.named(name.isTextual() ? name.textValue() : "");
            if (named == null) {
                throw schema.refuse("type", "must be a JSON type or an array of them");
            }
            types.addAll(named);
        }
        if (schema.node().path("nullable").asBoolean(false)) {
            types.add(JsonType.NULL);
        }
        return types;
    }

    /** Returns the types that the schema says something about. */
    static Set<JsonType> concerned(Located schema) {
        Set<JsonType> types = EnumSet.noneOf(JsonType.class);
        BY_TYPE.forEach((type, keywords) -> {
            Set<String> unsupported = UNSUPPORTED.getOrDefault(type, Set.of());
            if (keywords.stream().anyMatch(schema::has) || unsupported.stream().anyMatch(schema::has)) {
                types.add(type);
            }
        });
        if (types.contains(JsonType.FRACTION)) {
            types.add(JsonType.INTEGER);
        }
        return types;
    }

    /** Returns a size of at least 0, or null if it is absent. A size beyond that of an int counts as the largest. */
    static @Nullable Integer size(Located schema, String keyword) {
        BigDecimal value = number(schema, keyword);
        if (value == null) {
            return null;
        }
        boolean whole = value.signum() >= 0 && value.scale() <= 0
                || value.stripTrailingZeros().scale() <= 0;
        if (value.signum() < 0 || !whole) {
            throw schema.refuse(keyword, "must be an integer of at least 0");
        }
        return value.compareTo(BigDecimal.valueOf(Integer.MAX_VALUE)) > 0 ? Integer.MAX_VALUE : value.intValue();
    }

    static @Nullable BigDecimal number(Located schema, String keyword) {
        JsonNode value = schema.node().get(keyword);
        if (value == null) {
            return null;
        }
        if (!value.isNumber()) {
            throw schema.refuse(keyword, "must be a number");
        }
        BigDecimal number = JsonText.decimal(value);
        if (number.precision() > 400 || Math.abs((long) number.scale()) > 400) {
            throw schema.refuse(keyword, "has more digits than a double can hold");
        }
        return number;
    }

    static @Nullable String text(Located schema, String keyword) {
        JsonNode value = schema.node().get(keyword);
        if (value == null) {
            return null;
        }
        if (!value.isTextual()) {
            throw schema.refuse(keyword, "must be a string");
        }
        return value.textValue();
    }

    /** Returns the subschemas of an object by their names, in their order. */
    static Map<String, Located> schemas(Located schema, String keyword) {
        JsonNode value = schema.node().get(keyword);
        if (value == null) {
            return Map.of();
        }
        if (!value.isObject()) {
            throw schema.refuse(keyword, "must be an object");
        }
        Map<String, Located> schemas = new LinkedHashMap<>();
        Located all = schema.get(keyword);
        for (Map.Entry<String, JsonNode> field : value.properties()) {
            if (hasLoneSurrogate(field.getKey())) {
                throw schema.refuse(keyword, "has a name with an unpaired surrogate");
            }
            schemas.put(field.getKey(), all.get(field.getKey()));
        }
        return schemas;
    }

    /** Returns the bounds of numbers, of draft 4 too, where the exclusive ones are booleans. */
    static Bounds bounds(Located schema) {
        Bounds bounds = Bounds.NONE;
        boolean above = schema.node().path("exclusiveMinimum").asBoolean(false)
                && schema.node().path("exclusiveMinimum").isBoolean();
        boolean below = schema.node().path("exclusiveMaximum").asBoolean(false)
                && schema.node().path("exclusiveMaximum").isBoolean();
        BigDecimal min = number(schema, "minimum");
        BigDecimal max = number(schema, "maximum");
        BigDecimal excludedMin =
                schema.node().path("exclusiveMinimum").isBoolean() ? null : number(schema, "exclusiveMinimum");
        BigDecimal excludedMax =
                schema.node().path("exclusiveMaximum").isBoolean() ? null : number(schema, "exclusiveMaximum");
        bounds = min == null ? bounds : bounds.atLeast(min, above);
        bounds = max == null ? bounds : bounds.atMost(max, below);
        bounds = excludedMin == null ? bounds : bounds.atLeast(excludedMin, true);
        return excludedMax == null ? bounds : bounds.atMost(excludedMax, true);
    }

    static @Nullable BigDecimal divisor(Located schema) {
        BigDecimal divisor = number(schema, "multipleOf");
        if (divisor != null && divisor.signum() <= 0) {
            throw schema.refuse("multipleOf", "must be greater than 0");
        }
        return divisor;
    }

    static boolean hasLoneSurrogate(String text) {
        return text.codePoints().anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
    }
}
