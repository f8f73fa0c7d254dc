package io.quern.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Schema objects that a value must match all at once, without {@code $ref}, {@code allOf}, {@code anyOf} and {@code
 * oneOf}, which were resolved. Only their other keywords count.
 */
record Conjunction(List<Located> schemas) {

    /** Returns the types that all schemas allow. */
    Set<JsonType> types() {
        Set<JsonType> types = EnumSet.allOf(JsonType.class);
        for (Located schema : schemas) {
            Set<JsonType> ofSchema = Keywords.types(schema);
            if (ofSchema != null) {
                types.retainAll(ofSchema);
            }
        }
        return types;
    }

    /**
     * Returns the types to write: those that the schemas allow or, if they name none, those that they say something
     * about. The latter is what people mean by {@code properties} without {@code "type": "object"}.
     */
    Set<JsonType> writtenTypes() {
        if (schemas.stream().anyMatch(schema -> schema.has("type"))) {
            return types();
        }
        Set<JsonType> types = EnumSet.noneOf(JsonType.class);
        schemas.forEach(schema -> types.addAll(Keywords.concerned(schema)));
        return types.isEmpty() ? EnumSet.allOf(JsonType.class) : types;
    }

    /** Returns whether the schemas demand nothing. */
    boolean isAny() {
        return schemas.stream()
                .noneMatch(schema -> schema.has("type")
                        || schema.has("enum")
                        || schema.has("const")
                        || !Keywords.concerned(schema).isEmpty());
    }

    /** Returns the values that enum and const allow, or null if there is neither; other keywords may allow fewer. */
    @Nullable
    List<Located> values() {
        List<Located> values = null;
        for (Located schema : schemas) {
            List<Located> allowed = values(schema);
            if (allowed != null) {
                values = values == null ? allowed : common(values, allowed);
            }
        }
        return values;
    }

    private static @Nullable List<Located> values(Located schema) {
        List<Located> values = null;
        JsonNode listed = schema.node().get("enum");
        if (listed != null) {
            if (!listed.isArray() || listed.isEmpty()) {
                throw schema.refuse("enum", "must be an array with at least one value");
            }
            values = new ArrayList<>();
            for (int i = 0; i < listed.size(); i++) {
                values.add(schema.get("enum").get(i));
            }
        }
        if (schema.has("const")) {
            List<Located> one = List.of(schema.get("const"));
            values = values == null ? one : common(values, one);
        }
        return values;
    }

    private static List<Located> common(List<Located> some, List<Located> others) {
        return some.stream()
                .filter(value -> others.stream().anyMatch(other -> JsonText.same(value.node(), other.node())))
                .toList();
    }

    Bounds bounds() {
        Bounds bounds = Bounds.NONE;
        for (Located schema : schemas) {
            Bounds more = Keywords.bounds(schema);
            bounds = more.min() == null ? bounds : bounds.atLeast(more.min(), more.minExcluded());
            bounds = more.max() == null ? bounds : bounds.atMost(more.max(), more.maxExcluded());
        }
        return bounds;
    }

    /** Returns the largest of the sizes, or 0. */
    int min(String keyword) {
        int min = 0;
        for (Located schema : schemas) {
            Integer size = Keywords.size(schema, keyword);
            min = size == null ? min : Math.max(min, size);
        }
        return min;
    }

    /** Returns the smallest of the sizes, or {@link Integer#MAX_VALUE}. */
    int max(String keyword) {
        int max = Integer.MAX_VALUE;
        for (Located schema : schemas) {
            Integer size = Keywords.size(schema, keyword);
            max = size == null ? max : Math.min(max, size);
        }
        return max;
    }

    Set<String> required() {
        Set<String> names = new LinkedHashSet<>();
        for (Located schema : schemas) {
            JsonNode required = schema.node().get("required");
            // draft 3 had a boolean here
            if (required != null && !required.isArray()) {
                throw schema.refuse("required", "must be an array of strings");
            }
            for (JsonNode name : required == null ? List.<JsonNode>of() : required) {
                if (!name.isTextual() || Keywords.hasLoneSurrogate(name.textValue())) {
                    throw schema.refuse("required", "must be an array of strings");
                }
                names.add(name.textValue());
            }
        }
        return names;
    }

    Properties properties() {
        return new Properties(
                schemas,
                schemas.stream()
                        .map(schema -> Keywords.schemas(schema, "properties"))
                        .toList());
    }

    /**
     * The properties of an object. Each schema's {@code properties} are read once, however many names are looked up.
     *
     * @param named what each of the schemas has under {@code properties}
     */
    record Properties(List<Located> schemas, List<Map<String, Located>> named) {
        /** Returns the names under {@code properties}, in their order. */
        Set<String> names() {
            Set<String> names = new LinkedHashSet<>();
            named.forEach(ofSchema -> names.addAll(ofSchema.keySet()));
            return names;
        }

        /** Returns the schemas of the value of a property. */
        List<Located> of(String name) {
            List<Located> found = new ArrayList<>();
            for (int i = 0; i < schemas.size(); i++) {
                Located own = named.get(i).get(name);
                if (own != null) {
                    found.add(own);
                } else if (schemas.get(i).has("additionalProperties")) {
                    found.add(schemas.get(i).get("additionalProperties"));
                }
            }
            return found;
        }
    }

    /** Returns the schemas of properties that the schemas do not name, or null if the object must have none. */
    @Nullable
    List<Located> additionalProperties() {
        List<Located> found = schemas.stream()
                .filter(schema -> schema.has("additionalProperties"))
                .map(schema -> schema.get("additionalProperties"))
                .toList();
        // a schema that lists properties usually means only those
        return found.isEmpty() && schemas.stream().anyMatch(schema -> schema.has("properties")) ? null : found;
    }

    /** Returns how many elements have a schema by their place. */
    int prefix() {
        int longest = 0;
        for (Located schema : schemas) {
            Located prefix = prefixOf(schema);
            longest = prefix == null ? longest : Math.max(longest, prefix.node().size());
        }
        return longest;
    }

    /** Returns the schemas of an element; all those at {@link #prefix} and after have the same. */
    List<Located> element(int index) {
        List<Located> found = new ArrayList<>();
        for (Located schema : schemas) {
            Located prefix = prefixOf(schema);
            boolean old = prefix != null && !schema.has("prefixItems");
            String rest = old ? "additionalItems" : "items";
            if (prefix != null && index < prefix.node().size()) {
                found.add(prefix.get(index));
            } else if (schema.has(rest)) {
                found.add(schema.get(rest));
            }
        }
        return found;
    }

    /** Returns the schemas by place; drafts up to 2019-09 have them in {@code items}. */
    private static @Nullable Located prefixOf(Located schema) {
        JsonNode prefix = schema.node().get("prefixItems");
        if (prefix != null && !prefix.isArray()) {
            throw schema.refuse("prefixItems", "must be an array");
        }
        return prefix != null
                ? schema.get("prefixItems")
                : schema.node().path("items").isArray() ? schema.get("items") : null;
    }
}
