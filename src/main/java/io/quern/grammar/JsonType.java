package io.quern.grammar;

import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The types of JSON values. JSON Schema's {@code number} is both integers and fractions. */
enum JsonType {
    NULL,
    BOOLEAN,
    INTEGER,
    FRACTION,
    STRING,
    ARRAY,
    OBJECT;

    /** Returns the types that a schema calls by this name, or null if the name is unknown. */
    static @Nullable Set<JsonType> named(String name) {
        return switch (name) {
            case "null" -> EnumSet.of(NULL);
            case "boolean" -> EnumSet.of(BOOLEAN);
            case "integer" -> EnumSet.of(INTEGER);
            case "number" -> EnumSet.of(INTEGER, FRACTION);
            case "string" -> EnumSet.of(STRING);
            case "array" -> EnumSet.of(ARRAY);
            case "object" -> EnumSet.of(OBJECT);
            default -> null;
        };
    }
}
