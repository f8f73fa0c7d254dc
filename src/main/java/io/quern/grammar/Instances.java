package io.quern.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Decides whether a value matches a schema, to filter the values of {@code enum} and {@code const}. */
final class Instances {
    private final SchemaDocument document;
    private final Work work;

    Instances(SchemaDocument document, Work work) {
        this.document = document;
        this.work = work;
    }

    /** Returns whether the value matches at least one of the ways to match all schemas. */
    private boolean matches(JsonNode value, List<Located> schemas) {
        return document.alternatives(schemas).stream().anyMatch(way -> matches(value, way));
    }

    boolean matches(JsonNode value, Conjunction schemas) {
        work.step(1);
        List<Located> values = schemas.values();
        if (!schemas.types().contains(type(value))
                || values != null && values.stream().noneMatch(other -> JsonText.same(value, other.node()))) {
            return false;
        }
        schemas.schemas().forEach(schema -> Keywords.check(schema, java.util.Set.of(type(value))));
        return switch (type(value)) {
            case NULL, BOOLEAN -> true;
            case INTEGER, FRACTION -> number(JsonText.decimal(value), schemas);
            case STRING -> text(value.textValue(), schemas);
            case ARRAY -> array(value, schemas);
            case OBJECT -> object(value, schemas);
        };
    }

    static JsonType type(JsonNode value) {
        return switch (value.getNodeType()) {
            case NULL, MISSING -> JsonType.NULL;
            case BOOLEAN -> JsonType.BOOLEAN;
            case STRING, BINARY -> JsonType.STRING;
            case ARRAY -> JsonType.ARRAY;
            case OBJECT, POJO -> JsonType.OBJECT;
            case NUMBER -> isWhole(JsonText.decimal(value)) ? JsonType.INTEGER : JsonType.FRACTION;
        };
    }

    private static boolean isWhole(BigDecimal number) {
        return number.scale() <= 0 || number.stripTrailingZeros().scale() <= 0;
    }

    private static boolean number(BigDecimal number, Conjunction schemas) {
        for (Located schema : schemas.schemas()) {
            BigDecimal divisor = Keywords.divisor(schema);
            boolean huge = Math.abs((long) number.scale()) > 1000;
            if (divisor != null && (huge || number.remainder(divisor).signum() != 0)) {
                return false;
            }
        }
        return schemas.bounds().contains(number);
    }

    private boolean text(String text, Conjunction schemas) {
        int length = text.codePointCount(0, text.length());
        Automaton patterns = StringRules.patterns(schemas, work);
        work.step(text.length());
        return length >= schemas.min("minLength")
                && length <= schemas.max("maxLength")
                && (patterns == null || patterns.accepts(text));
    }

    private boolean array(JsonNode value, Conjunction schemas) {
        boolean matches = value.size() >= schemas.min("minItems") && value.size() <= schemas.max("maxItems");
        for (int i = 0; matches && i < value.size(); i++) {
            matches = matches(value.get(i), schemas.element(i));
        }
        return matches;
    }

    private boolean object(JsonNode value, Conjunction schemas) {
        boolean matches = value.size() >= schemas.min("minProperties")
                && value.size() <= schemas.max("maxProperties")
                && schemas.required().stream().allMatch(value::has);
        Conjunction.Properties properties = schemas.properties();
        for (Map.Entry<String, JsonNode> field : value.properties()) {
            matches = matches && matches(field.getValue(), properties.of(field.getKey()));
        }
        return matches;
    }

    /** Returns whether no value can match both. */
    boolean areDisjoint(Conjunction a, Conjunction b) {
        List<Located> ofA = a.values();
        List<Located> ofB = b.values();
        return ofA != null && noneMatches(ofA, a, b) || ofB != null && noneMatches(ofB, b, a);
    }

    private boolean noneMatches(List<Located> values, Conjunction own, Conjunction other) {
        return values.stream().noneMatch(value -> mayMatch(value.node(), own) && mayMatch(value.node(), other));
    }

    /** Returns whether the value matches; formats do not count, because validators differ about them. */
    private boolean mayMatch(JsonNode value, Conjunction schemas) {
        @Nullable List<Located> values = schemas.values();
        return schemas.types().contains(type(value))
                && (values == null || values.stream().anyMatch(other -> JsonText.same(value, other.node())));
    }
}
