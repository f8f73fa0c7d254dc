package io.quern.grammar;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Decides whether the branches of {@code oneOf} exclude each other for sure. Only then a value that matches one of them
 * matches exactly one, because no grammar can say "and none of the others".
 */
record Disjointness(SchemaDocument document, Instances instances, Work work) {
    private static final int MAX_DEPTH = 3;

    /** Checks the branches of a schema, together with what the schema itself demands. */
    void check(Located schema) {
        List<Located> branches = document.elements(schema, "oneOf");
        List<List<Conjunction>> ways = new ArrayList<>();
        for (Located branch : branches) {
            ways.add(document.alternatives(List.of(branch)));
        }
        for (int i = 0; i < ways.size(); i++) {
            for (int j = i + 1; j < ways.size(); j++) {
                if (!areDisjoint(schema, ways.get(i), ways.get(j), 0)) {
                    throw schema.refuse(
                            "oneOf",
                            "has branches that may match the same value (" + i + " and " + j
                                    + "); give them a required property with different const values, different types,"
                                    + " or use anyOf");
                }
            }
        }
    }

    private boolean areDisjoint(Located outer, List<Conjunction> some, List<Conjunction> others, int depth) {
        for (Conjunction a : some) {
            for (Conjunction b : others) {
                work.step(10);
                if (!areDisjoint(outer, a, b, depth)) {
                    return false;
                }
            }
        }
        return true;
    }

    private boolean areDisjoint(Located outer, Conjunction a, Conjunction b, int depth) {
        Set<JsonType> types = EnumSet.copyOf(a.types());
        types.retainAll(b.types());
        Set<JsonType> ofOuter = depth == 0 && outer.node().isObject() ? Keywords.types(outer) : null;
        if (ofOuter != null) {
            types.retainAll(ofOuter);
        }
        return instances.areDisjoint(a, b) || types.stream().allMatch(type -> areDisjoint(outer, type, a, b, depth));
    }

    private boolean areDisjoint(Located outer, JsonType type, Conjunction a, Conjunction b, int depth) {
        return switch (type) {
            case NULL, BOOLEAN -> false;
            case INTEGER, FRACTION -> a.bounds().isDisjoint(b.bounds());
            case STRING -> areApart(a, b, "minLength", "maxLength");
            case ARRAY -> areApart(a, b, "minItems", "maxItems");
            case OBJECT -> areApart(a, b, "minProperties", "maxProperties") || differInProperty(outer, a, b, depth);
        };
    }

    private static boolean areApart(Conjunction a, Conjunction b, String min, String max) {
        return a.min(min) > b.max(max) || b.min(min) > a.max(max);
    }

    private boolean differInProperty(Located outer, Conjunction a, Conjunction b, int depth) {
        if (depth == MAX_DEPTH) {
            return false;
        }
        Set<String> ofOuter = new Conjunction(List.of(outer)).required();
        Set<String> requiredByA = union(a.required(), ofOuter);
        Set<String> requiredByB = union(b.required(), ofOuter);
        Conjunction.Properties propertiesOfA = a.properties();
        Conjunction.Properties propertiesOfB = b.properties();
        for (String name : union(requiredByA, requiredByB)) {
            List<Conjunction> ofA = document.alternatives(propertiesOfA.of(name));
            List<Conjunction> ofB = document.alternatives(propertiesOfB.of(name));
            if (areDisjoint(outer, ofA, ofB, depth + 1)) {
                boolean inA = requiredByA.contains(name);
                boolean inB = requiredByB.contains(name);
                // if a branch forbids the property, it is enough that the other demands it
                if (inA && inB || inA && ofB.isEmpty() || inB && ofA.isEmpty()) {
                    return true;
                }
            }
        }
        return false;
    }

    private static Set<String> union(Set<String> some, Set<String> others) {
        Set<String> all = new LinkedHashSet<>(some);
        all.addAll(others);
        return all;
    }
}
