package io.quern.grammar;

import static io.quern.grammar.Expression.literal;
import static io.quern.grammar.Expression.optional;
import static io.quern.grammar.Expression.reference;
import static io.quern.grammar.Expression.sequence;

import io.quern.grammar.Expression.Repeat;

/** Writes the rules of an array. */
record ArrayRules(String name, SchemaCompiler compiler) {

    Expression of(Conjunction schemas) {
        Located first = schemas.schemas().getFirst();
        int min = schemas.min("minItems");
        int max = schemas.max("maxItems");
        int prefix = schemas.prefix();
        for (int i = 0; i <= prefix; i++) {
            if (schemas.element(i).stream().anyMatch(Located::isNever)) {
                max = Math.min(max, i);
            }
        }
        if (min > max) {
            return compiler.impossible(first, "minItems", "is more than the array may have");
        }
        int most = compiler.work().limits().repetitions();
        if (min > most || max > most && max != Integer.MAX_VALUE) {
            String keyword = min > most ? "minItems" : "maxItems";
            throw first.refuse(keyword, "is more than " + most + " (quern.grammar.max-repetitions)");
        }
        Expression body = max == 0 ? Expression.EMPTY : elements(schemas, Math.min(prefix, max), min, max);
        return sequence(literal("["), reference(JsonRules.SPACE), body, literal("]"));
    }

    private Expression elements(Conjunction schemas, int prefix, int min, int max) {
        boolean bounded = max != Integer.MAX_VALUE;
        Expression others = reference(JsonRules.VALUE);
        Expression tail = Expression.EMPTY;
        if (max > prefix) {
            others = compiler.rule(schemas.element(prefix));
            int done = Math.max(prefix, 1);
            tail = Expression.repeat(
                    sequence(literal(","), reference(JsonRules.SPACE), others),
                    Math.max(0, min - done),
                    bounded ? max - done : Repeat.UNBOUNDED);
        }
        for (int i = prefix - 1; i >= 1; i--) {
            Expression more = compiler.add(
                    name + "-" + i,
                    sequence(literal(","), reference(JsonRules.SPACE), compiler.rule(schemas.element(i)), tail));
            tail = i < min ? more : optional(more);
        }
        Expression first = prefix == 0 ? others : compiler.rule(schemas.element(0));
        Expression all = sequence(first, tail, reference(JsonRules.SPACE));
        return min == 0 ? optional(all) : all;
    }
}
