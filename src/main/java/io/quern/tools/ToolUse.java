package io.quern.tools;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The tools of one request, and how they may be called.
 *
 * @param tools with different names
 * @param parallel whether one answer may contain several calls
 */
public record ToolUse(List<Tool> tools, ToolChoice choice, boolean parallel) {
    /** A request without tools. */
    public static final ToolUse NONE = new ToolUse(List.of(), new ToolChoice.None(), true);

    public ToolUse {
        tools = List.copyOf(tools);
    }

    /** Returns the tools that the model may call. */
    public List<Tool> callable() {
        return switch (choice) {
            case ToolChoice.None none -> List.of();
            case ToolChoice.Auto auto -> tools;
            case ToolChoice.Required required -> tools;
            case ToolChoice.Named named ->
                tools.stream().filter(tool -> tool.name().equals(named.name())).toList();
        };
    }

    /** Returns whether the answer must consist of calls. */
    public boolean forced() {
        return choice instanceof ToolChoice.Required || choice instanceof ToolChoice.Named;
    }

    Map<String, Tool> callableByName() {
        Map<String, Tool> byName = new LinkedHashMap<>();
        callable().forEach(tool -> byName.put(tool.name(), tool));
        return byName;
    }
}
