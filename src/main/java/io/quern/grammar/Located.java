package io.quern.grammar;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * A schema within the document, or any other value of it.
 *
 * @param path of the value in the request, which identifies it
 */
record Located(JsonNode node, String path) {

    /** Returns the value of a field; the field must exist. */
    Located get(String name) {
        boolean plain = !name.isEmpty();
        for (int i = 0; plain && i < name.length(); i++) {
            char c = name.charAt(i);
            plain = c >= 'a' && c <= 'z'
                    || c >= 'A' && c <= 'Z'
                    || c >= '0' && c <= '9'
                    || c == '_'
                    || c == '$'
                    || c == '-';
        }
        return new Located(node.path(name), path + (plain ? "." + name : "[" + JsonText.quoted(name) + "]"));
    }

    Located get(int index) {
        return new Located(node.path(index), path + "[" + index + "]");
    }

    boolean has(String name) {
        return node.has(name);
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
