package io.quern.grammar;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * Turns JSON Schemas into grammars. Every text that such a grammar matches is a JSON document that the schema accepts;
 * the reverse need not hold, since many documents can be written in several ways.
 *
 * @param compact whether documents have no white space between their tokens
 */
public record SchemaGrammars(GrammarLimits limits, boolean compact) {
    private static final RecentGrammars RECENT = new RecentGrammars();

    public SchemaGrammars(GrammarLimits limits) {
        this(limits, false);
    }

    /**
     * Returns the grammar of a schema.
     *
     * @param schema an object or a boolean
     * @param path of the schema in the request, for messages
     * @throws GrammarException if the schema is wrong, too large, or has a keyword that a grammar cannot express
     */
    public Grammar of(JsonNode schema, String path) {
        // a grammar does not depend on the path
        RecentGrammars.Key key = new RecentGrammars.Key(schema.toString(), limits.alone(), compact);
        RecentGrammars.Made made = RECENT.get(key);
        if (made != null) {
            // whether a request is refused must not depend on those before it
            new Work(limits, path, null).step(made.steps());
            return made.grammar();
        }
        GrammarLimits counting = limits.taken() == null ? limits.ofOneRequest() : limits;
        int before = counting.add(0, 0);
        Grammar grammar = new SchemaCompiler(new Located(schema, path), counting, compact).compile();
        RECENT.put(key, new RecentGrammars.Made(grammar, counting.add(0, 0) - before));
        return grammar;
    }

    /** Returns the grammar of any JSON object. */
    public Grammar anyObject() {
        return build(JsonRules.OBJECT, "");
    }

    private Grammar build(String start, String path) {
        GrammarBuilder builder = new GrammarBuilder(limits);
        JsonRules.addTo(builder, compact);
        return builder.build(start, path);
    }
}
