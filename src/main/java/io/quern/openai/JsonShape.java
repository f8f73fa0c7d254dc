package io.quern.openai;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which parts of a JSON value are looked at. The others are skipped while it is read, as a small body could become a
 * large tree: of an object or array that has no part here only is known whether it is empty.
 *
 * @param fields of an object
 * @param element of an array; null: none
 * @param maxElements as many are read, and those behind them skipped
 */
record JsonShape(Map<String, JsonShape> fields, @Nullable JsonShape element, int maxElements) {
    /** A scalar, or an object or array of which nothing is looked at. */
    static final JsonShape LEAF = new JsonShape(Map.of(), null, 0);

    static JsonShape object(Map<String, JsonShape> fields) {
        return new JsonShape(Map.copyOf(fields), null, 0);
    }

    static JsonShape array(JsonShape element, int maxElements) {
        return new JsonShape(Map.of(), element, maxElements);
    }

    /** The same object with further fields, of which nothing within is looked at. */
    JsonShape and(Set<String> leaves) {
        Map<String, JsonShape> all = new HashMap<>();
        leaves.forEach(name -> all.put(name, LEAF));
        all.putAll(fields);
        return object(all);
    }

    /** The same object with further fields. */
    JsonShape and(Map<String, JsonShape> further) {
        Map<String, JsonShape> all = new HashMap<>(fields);
        all.putAll(further);
        return object(all);
    }

    /** The same object with one further field. */
    JsonShape and(String name, JsonShape shape) {
        Map<String, JsonShape> all = new HashMap<>(fields);
        all.put(name, shape);
        return object(all);
    }
}
