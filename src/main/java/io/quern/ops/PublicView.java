package io.quern.ops;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.quern.settings.ShortPaths;
import java.util.Map;

/** What of a view everyone may see: no folder of this machine, and nothing that a worker wrote. */
final class PublicView {
    /** In it stands what native code wrote, which may be anything. */
    private static final String STDERR = "lastStderr";

    private PublicView() {}

    /** Changes it in place. */
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
