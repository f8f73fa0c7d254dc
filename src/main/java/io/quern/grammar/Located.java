package io.quern.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.regex.Pattern;

/**
 * A schema within the document, or any other value of it.
 *
 * @param path of the value in the request, which identifies it
 */
record Located(JsonNode node, String path) {

    private static final Pattern PLAIN = Pattern.compile("[a-zA-Z0-9_$-]+");

    /** Returns the value of a field; the field must exist. */
    Located get(String name) {
        boolean plain = PLAIN.matcher(name).matches();
        return new Located(node.path(name), path + (plain ? "." + name : "[" + JsonText.quoted(name) + "]"));
    }

    Located get(int index) {
        return new Located(node.path(index), path + "[" + index + "]");
    }

    boolean has(String name) {
        return node.has(name);
    }

    /** Returns whether it is the schema {@code true}, which any value matches. */
    boolean isAlways() {
        return node.isBoolean() && node.booleanValue();
    }

    /** Returns whether it is the schema {@code false}, which no value matches. */
    boolean isNever() {
        return node.isBoolean() && !node.booleanValue();
    }

    GrammarException refuse(String keyword, String problem) {
        return new GrammarException(path + "." + keyword, keyword, problem);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Located located && located.path.equals(path);
    }

    @Override
    public int hashCode() {
        return path.hashCode();
    }
}
