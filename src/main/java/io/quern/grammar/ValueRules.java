package io.quern.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Writes the rules of {@code enum} and {@code const}. */
record ValueRules(String name, SchemaCompiler compiler, Instances instances) {
    /** More alternatives than this share what they have in common at their beginning. */
    private static final int MAX_PLAIN = 8;

    Expression of(Conjunction schemas, List<Located> values) {
        Set<String> texts = new LinkedHashSet<>();
        for (Located value : values) {
            checkText(value);
            if (instances.matches(value.node(), schemas)) {
                String text = JsonText.of(value.node());
                compiler.work().step(text.length());
                texts.add(text);
            }
        }
        if (texts.isEmpty()) {
            Located first = schemas.schemas().stream()
                    .filter(schema -> schema.has("enum") || schema.has("const"))
                    .findFirst()
                    .orElseThrow();
            String keyword = first.has("enum") ? "enum" : "const";
            return compiler.impossible(first, keyword, "has no value that matches the other keywords");
        }
        return texts.size() <= MAX_PLAIN
                ? Expression.choice(texts.stream().map(Expression::literal).toList())
                : compiler.add(name + "-v", Automaton.ofAll(texts, compiler.work()), false);
    }

    private static void checkText(Located value) {
        JsonNode node = value.node();
        boolean broken = node.isTextual() && Keywords.hasLoneSurrogate(node.textValue())
                || node.isContainerNode() && Keywords.hasLoneSurrogate(JsonText.of(node));
        if (broken) {
            throw new GrammarException(value.path(), "enum", "has an unpaired surrogate");
        }
    }
}
