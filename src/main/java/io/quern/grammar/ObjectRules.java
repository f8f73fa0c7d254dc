package io.quern.grammar;

import static io.quern.grammar.Expression.choice;
import static io.quern.grammar.Expression.literal;
import static io.quern.grammar.Expression.optional;
import static io.quern.grammar.Expression.reference;
import static io.quern.grammar.Expression.sequence;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes the rules of an object. Its properties come in the order of the schema, each optional one may be left out, and
 * further ones come last. Members share the comma and the quote in front of them, so that few alternatives are open at
 * a time.
 */
final class ObjectRules {
    /**
     * What was written so far.
     *
     * @param next index of the next property that may come
     * @param known number of properties with a name, up to the largest that matters
     * @param further number of others, up to the largest that matters
     */
    private record State(int next, int known, int further) {
        String name() {
            return next + "-" + known + "-" + further;
        }
    }

    private final String name;
    private final SchemaCompiler compiler;
    private final Set<State> seen = new LinkedHashSet<>();
    private final Deque<State> todo = new ArrayDeque<>();
    private final List<String> names = new ArrayList<>();
    private final List<Expression> members = new ArrayList<>();
    private Set<String> required = Set.of();
    private @Nullable Expression furtherMember;
    private int min;
    private int max;

    ObjectRules(String name, SchemaCompiler compiler) {
        this.name = name;
        this.compiler = compiler;
    }

    Expression of(Conjunction schemas) {
        Located first = schemas.schemas().getFirst();
        min = schemas.min("minProperties");
        max = schemas.max("maxProperties");
        required = schemas.required();
        Conjunction.Properties properties = schemas.properties();
        Set<String> all = properties.names();
        all.addAll(required);
        for (String property : all) {
            List<Located> value = properties.of(property);
            boolean none = value.stream().anyMatch(Located::isNever);
            if (none && required.contains(property)) {
                return compiler.impossible(
                        first,
                        "required",
                        "names the property " + JsonText.quoted(property) + ", which is not allowed");
            }
            if (!none) {
                names.add(property);
                members.add(sequence(
                        literal(JsonText.escaped(property) + "\":"), reference(JsonRules.SPACE), compiler.rule(value)));
            }
        }
        furtherMember = furtherMember(schemas.additionalProperties(), all);
        int possible = names.size() + (furtherMember == null ? 0 : 1);
        if (min > possible && furtherMember != null) {
            // two further properties may have the same name
            throw first.refuse("minProperties", "is larger than a grammar can guarantee");
        }
        if (min > possible || required.size() > max) {
            String keyword = min > possible ? "minProperties" : "maxProperties";
            return compiler.impossible(first, keyword, "does not fit the properties");
        }
        return write();
    }

    private @Nullable Expression furtherMember(@Nullable List<Located> schemas, Set<String> known) {
        if (schemas == null || schemas.stream().anyMatch(Located::isNever)) {
            return null;
        }
        Expression key = known.isEmpty()
                ? reference(JsonRules.KEY_REST)
                : compiler.addKey(name + "-key", Automaton.ofAllBut(known));
        return sequence(key, literal("\":"), reference(JsonRules.SPACE), compiler.rule(schemas));
    }

    private Expression write() {
        State start = new State(0, 0, 0);
        Expression first = sequence(literal("\""), key(start), reference(JsonRules.SPACE));
        Expression body = max == 0 || names.isEmpty() && furtherMember == null
                ? Expression.EMPTY
                : required.isEmpty() && min == 0 ? optional(first) : first;
        while (!todo.isEmpty()) {
            State state = todo.pop();
            compiler.add(name + "-k" + state.name(), keyRule(state));
            compiler.add(name + "-e" + state.name(), after(state));
        }
        return sequence(literal("{"), reference(JsonRules.SPACE), body, literal("}"));
    }

    /** Returns the rule of a member whose opening quote was written. */
    private Expression key(State state) {
        return reference(reached("-k", state));
    }

    /** Returns the rule of what may follow a member. */
    private Expression end(State state) {
        return reference(reached("-e", state));
    }

    /** Returns the name of a rule of the state, whose rules are written later. */
    private String reached(String kind, State state) {
        if (seen.add(state)) {
            todo.add(state);
        }
        return name + kind + state.name();
    }

    private Expression keyRule(State state) {
        if (state.known + state.further >= max) {
            return Expression.NEVER;
        }
        if (state.next == names.size()) {
            return furtherMember == null
                    ? Expression.NEVER
                    : sequence(
                            furtherMember,
                            end(new State(
                                    state.next,
                                    state.known,
                                    counted(state.further + 1, max == Integer.MAX_VALUE ? 1 : max))));
        }
        Expression member = sequence(
                members.get(state.next),
                end(new State(state.next + 1, counted(state.known + 1, Integer.MAX_VALUE), state.further)));
        return required.contains(names.get(state.next))
                ? member
                : choice(member, key(new State(state.next + 1, state.known, state.further)));
    }

    private Expression after(State state) {
        boolean mayEnd = names.subList(state.next, names.size()).stream().noneMatch(required::contains)
                && state.known + Math.min(1, state.further) >= min;
        if (state.next == names.size() && furtherMember == null) {
            return mayEnd ? Expression.EMPTY : Expression.NEVER;
        }
        Expression more = sequence(literal(","), reference(JsonRules.SPACE), literal("\""), key(state));
        return mayEnd ? optional(more) : more;
    }

    /** Without bounds the number does not matter, and must not make more rules. */
    private int counted(int count, int most) {
        int matters = max == Integer.MAX_VALUE ? min : max;
        return Math.min(count, Math.min(matters, most));
    }
}
