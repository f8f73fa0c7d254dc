package io.quern.grammar;

import io.quern.grammar.Expression.Repeat;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Compiles one schema. Each set of schemas that a value must match gets a rule of its own, once, so that recursion ends
 * and shared schemas are not copied. Not thread-safe.
 */
final class SchemaCompiler {
    private static final String START = "json-document";

    private record Job(String rule, List<Located> schemas) {}

    private final GrammarBuilder builder;
    private final boolean compact;
    private final SchemaDocument document;
    private final Instances instances;
    private final Work work;
    private final Map<Set<Located>, String> rules = new HashMap<>();
    private final Map<String, Located> origins = new HashMap<>();
    private final Map<Automaton, String> automata = new IdentityHashMap<>();
    private final Deque<Job> jobs = new ArrayDeque<>();
    private @Nullable GrammarException impossible;

    SchemaCompiler(Located root, GrammarLimits limits, boolean compact) {
        this.compact = compact;
        work = new Work(limits, root.path(), null);
        builder = new GrammarBuilder(limits);
        document = new SchemaDocument(root, work);
        instances = new Instances(document, work);
        document.checkOneOfWith(new Disjointness(document, instances, work)::check);
    }

    Grammar compile() {
        JsonRules.addTo(builder, compact);
        Expression start = rule(List.of(document.root()));
        builder.rule(START, start);
        while (!jobs.isEmpty()) {
            Job job = jobs.pop();
            work.state();
            if (!job.schemas.isEmpty()) {
                work.on(job.schemas.getFirst().path(), null);
            }
            builder.rule(job.rule, expression(job));
        }
        return builder.build(START, document.root().path(), this::explain);
    }

    /** Returns the rule of values that match all of the schemas. It may be written later. */
    Expression rule(List<Located> schemas) {
        List<Located> resolved =
                schemas.stream().map(document::withoutReferences).distinct().toList();
        if (resolved.stream().allMatch(Located::isAlways)) {
            return Expression.reference(JsonRules.VALUE);
        }
        Set<Located> key = Set.copyOf(resolved);
        String name = rules.get(key);
        if (name == null) {
            name = "json-" + rules.size();
            rules.put(key, name);
            origins.put(name, resolved.getFirst());
            jobs.add(new Job(name, resolved));
        }
        return Expression.reference(name);
    }

    private Expression expression(Job job) {
        if (job.schemas.size() == 1) {
            Located schema = job.schemas.getFirst();
            List<Located> any = document.plainChoice(schema, "anyOf");
            List<Located> one = document.plainChoice(schema, "oneOf");
            if (one != null) {
                document.checkOneOf(schema);
            }
            List<Located> parts = any == null ? one : any;
            if (parts != null) {
                document.checkObject(schema);
                return Expression.choice(
                        parts.stream().map(part -> rule(List.of(part))).toList());
            }
        }
        List<Conjunction> alternatives = document.alternatives(job.schemas);
        List<Expression> ways = new ArrayList<>();
        for (int i = 0; i < alternatives.size(); i++) {
            ways.add(expression(job.rule + "-" + i, alternatives.get(i)));
        }
        if (ways.isEmpty()) {
            return impossible(job.schemas.getFirst(), "type", "allows no value");
        }
        return Expression.choice(ways);
    }

    private Expression expression(String name, Conjunction schemas) {
        work.step(1);
        if (schemas.schemas().isEmpty() || schemas.isAny()) {
            return Expression.reference(JsonRules.VALUE);
        }
        List<Located> values = schemas.values();
        Set<JsonType> types = schemas.writtenTypes();
        schemas.schemas().forEach(schema -> Keywords.check(schema, types));
        if (values != null) {
            return new ValueRules(name, this, instances).of(schemas, values);
        }
        List<Expression> ways = new ArrayList<>();
        for (JsonType type : types) {
            switch (type) {
                case NULL -> ways.add(Expression.literal("null"));
                case BOOLEAN -> ways.add(Expression.choice(Expression.literal("true"), Expression.literal("false")));
                case INTEGER ->
                    ways.add(new NumberRules(name + "-n", this).of(schemas, types.contains(JsonType.FRACTION)));
                case FRACTION -> {} // written with the integers
                case STRING -> ways.add(new StringRules(name + "-s", this).of(schemas));
                case ARRAY -> ways.add(new ArrayRules(name + "-a", this).of(schemas));
                case OBJECT -> ways.add(new ObjectRules(name + "-o", this).of(schemas));
            }
        }
        return ways.isEmpty()
                ? impossible(
                        schemas.schemas().getFirst(), "type", "allows no value together with what it is combined with")
                : Expression.choice(ways);
    }

    /** Returns {@link Expression#NEVER}, and keeps the reason for the case that the whole schema allows nothing. */
    Expression impossible(Located schema, String keyword, String problem) {
        if (impossible == null) {
            impossible = schema.refuse(keyword, problem);
        }
        return Expression.NEVER;
    }

    /** Adds a rule, and returns the reference to it. */
    Expression add(String name, Expression expression) {
        work.state();
        builder.rule(name, expression);
        return Expression.reference(name);
    }

    /** Adds the rules of an automaton once, however often a schema has the same format. */
    Expression add(String name, Automaton automaton, boolean encoded) {
        String same = encoded ? automata.putIfAbsent(automaton, name) : null;
        if (same != null) {
            return Expression.reference(same);
        }
        new AutomatonRules(name, automaton, encoded ? JsonText::encoding : Expression.CharSet::new, null)
                .addTo(builder);
        return Expression.reference(name);
    }

    /** Adds the rules of a key. As soon as it can be none of the known ones any more, only its length matters. */
    Expression addKey(String name, Automaton automaton) {
        new AutomatonRules(name, automaton, JsonText::encoding, Expression.reference(JsonRules.KEY_REST))
                .addTo(builder);
        return Expression.reference(name);
    }

    /**
     * Returns the operand, repeated. Repetitions beyond what llama.cpp can count are made of blocks.
     *
     * @param operand one character, so that the two ways to read it that blocks open do not multiply
     */
    Expression characters(String name, Expression operand, int min, int max) {
        int most = work.limits().repetitions();
        Expression first = times(name + "-min", operand, min);
        if (max == Integer.MAX_VALUE) {
            return Expression.sequence(first, Expression.repeat(operand, 0, Repeat.UNBOUNDED));
        }
        int more = max - min;
        if (more <= most) {
            return Expression.sequence(first, Expression.repeat(operand, 0, more));
        }
        Expression block = add(name + "-block", Expression.repeat(operand, most, most));
        return Expression.sequence(
                first, Expression.repeat(block, 0, more / most), Expression.repeat(operand, 0, more % most));
    }

    private Expression times(String name, Expression operand, int count) {
        int most = work.limits().repetitions();
        if (count <= most) {
            return Expression.repeat(operand, count, count);
        }
        Expression block = add(name, Expression.repeat(operand, most, most));
        return Expression.sequence(
                Expression.repeat(block, count / most, count / most),
                Expression.repeat(operand, count % most, count % most));
    }

    Work work() {
        return work;
    }

    /** Turns a problem of the finished grammar into one of the schema. */
    private GrammarException explain(@Nullable String rule, String problem) {
        if (rule == null) {
            return impossible != null ? impossible : document.root().refuse("required", "allows no finite document");
        }
        Located origin = document.root();
        for (String name = rule; !name.isEmpty(); name = name.substring(0, Math.max(0, name.lastIndexOf('-')))) {
            if (origins.containsKey(name)) {
                origin = origins.get(name);
                break;
            }
        }
        String keyword = List.of("anyOf", "oneOf", "$ref", "properties", "items", "enum", "type").stream()
                .filter(origin::has)
                .findFirst()
                .orElse("type");
        return origin.refuse(keyword, problem);
    }
}
