package io.quern.ops;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.quern.settings.ShortPaths;
import java.util.Map;

/** Reduces a view to what everyone may see: without folders of this machine, and without the output of workers. */
final class PublicView {
    /** The field with the output of native code, which may be anything. */
    private static final String STDERR = "lastStderr";

    private PublicView() {}

    /** Reduces the view in place, and returns it. */
    static JsonNode of(JsonNode view) {
        switch (view) {
            case ObjectNode object -> {
                for (Map.Entry<String, JsonNode> field : object.properties()) {
                    field.setValue(field.getKey().equals(STDERR) ? object.arrayNode() : of(field.getValue()));
                }
                return object;
            }
            case ArrayNode array -> {
                for (int i = 0; i < array.size(); i++) {
                    array.set(i, of(array.get(i)));
                }
                return array;
            }
            case TextNode text -> {
                return TextNode.valueOf(ShortPaths.in(text.textValue()));
            }
            default -> {
                return view;
            }
        }
    }
}
