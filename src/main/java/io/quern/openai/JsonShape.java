package io.quern.openai;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Says which parts of a JSON value are read. Parsing skips the others, because a small body could become a large tree.
 * Of an object or array without parts here, only whether it is empty is known.
 *
 * @param fields of an object with known names
 * @param element of an array, or of an object without known names; null: none
 * @param maxElements number of elements to read; the rest are skipped
 */
record JsonShape(Map<String, JsonShape> fields, @Nullable JsonShape element, int maxElements) {
    /** A scalar, or an object or array whose content is not read. */
    static final JsonShape LEAF = new JsonShape(Map.of(), null, 0);

    /** A value that is read completely. */
    static final JsonShape ANY = new JsonShape(Map.of(), null, -1);

    static JsonShape object(Map<String, JsonShape> fields) {
        return new JsonShape(Map.copyOf(fields), null, 0);
    }

    static JsonShape array(JsonShape element, int maxElements) {
        return new JsonShape(Map.of(), element, maxElements);
    }

    /**
     * An object whose names are the client's.
     *
     * @param maxFields number of fields to read; the rest are skipped
     */
    static JsonShape map(JsonShape value, int maxFields) {
        return array(value, maxFields);
    }

    /** Returns the same object with further fields whose content is not read. */
    JsonShape and(Set<String> leaves) {
        Map<String, JsonShape> all = new HashMap<>();
        leaves.forEach(name -> all.put(name, LEAF));
        all.putAll(fields);
        return object(all);
    }

    /** Returns the same object with further fields. */
    JsonShape and(Map<String, JsonShape> further) {
        Map<String, JsonShape> all = new HashMap<>(fields);
        all.putAll(further);
        return object(all);
    }

    /** Returns the same object with one further field. */
    JsonShape and(String name, JsonShape shape) {
        Map<String, JsonShape> all = new HashMap<>(fields);
        all.put(name, shape);
        return object(all);
    }
}
