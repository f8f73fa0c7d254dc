package io.quern.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quern.tools.Tool;
import io.quern.tools.ToolChoice;
import io.quern.tools.ToolName;
import io.quern.tools.ToolUse;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads which tools a chat may call, and how.
 *
 * @param maxTools tools of one request
 * @param maxSize characters of all descriptions and schemas together, as JSON
 */
record ToolFields(int maxTools, long maxSize) {
    static final String TOOLS = "tools";
    static final String CHOICE = "tool_choice";
    private static final String PARALLEL = "parallel_tool_calls";
    private static final String FUNCTION = "function";
    private static final String ALLOWED = "allowed_tools";

    /** Names of tools that are read beyond the limit, for the error message. */
    private static final int COUNTED = 10_000;

    private static final JsonShape TOOL = JsonShape.object(Map.of(
            "type",
            JsonShape.LEAF,
            FUNCTION,
            JsonShape.object(Map.of(
                    "name",
                    JsonShape.LEAF,
                    "description",
                    JsonShape.LEAF,
                    "parameters",
                    JsonShape.ANY,
                    "strict",
                    JsonShape.LEAF))));

    static final Map<String, JsonShape> SHAPES =
            Map.of(TOOLS, JsonShape.array(TOOL, COUNTED), CHOICE, JsonShape.ANY, PARALLEL, JsonShape.LEAF);

    ToolUse read(Fields body) {
        List<Tool> tools = tools(body.get(TOOLS));
        ToolUse use = choice(body.get(CHOICE), tools);
        boolean parallel = body.bool(PARALLEL, true);
        return tools.isEmpty() ? ToolUse.NONE : new ToolUse(use.tools(), use.choice(), parallel);
    }

    private List<Tool> tools(@Nullable JsonNode value) {
        if (value == null) {
            return List.of();
        }
        if (!value.isArray()) {
            throw Fields.wrongType(TOOLS, "an array", value);
        }
        if (value.size() > maxTools) {
            throw ApiException.invalid(
                    TOOLS,
                    "tools must contain at most " + maxTools + " tools (quern.openai.max-tools), but contains "
                            + (value.size() == COUNTED ? "at least " : "") + value.size());
        }
        Map<String, Tool> byName = new LinkedHashMap<>();
        long size = 0;
        for (int i = 0; i < value.size(); i++) {
            Tool tool = tool(Fields.object(value.get(i), TOOLS + "[" + i + "]", TOOL));
            Tool same = byName.putIfAbsent(tool.name(), tool);
            if (same != null) {
                throw ApiException.invalid(
                        tool.path() + ".name",
                        tool.path() + ".name is \"" + tool.name() + "\", as is " + same.path()
                                + ".name. Each tool needs a name of its own.");
            }
            size += sizeOf(tool);
            if (size > maxSize) {
                throw ApiException.invalid(
                        TOOLS,
                        "tools must have at most " + maxSize
                                + " characters of descriptions and schemas (quern.openai.max-tools-size)");
            }
        }
        return List.copyOf(byName.values());
    }

    private static Tool tool(Fields tool) {
        String type = tool.text("type");
        if (type == null || !type.equals(FUNCTION)) {
            throw ApiException.invalid(
                    tool.path("type"),
                    tool.path("type")
                            + (type == null ? " is missing" : " must be \"function\", but is " + Excerpt.quoted(type)));
        }
        Fields function = tool.object(FUNCTION);
        if (function == null) {
            throw ApiException.invalid(tool.path(FUNCTION), tool.path(FUNCTION) + " is missing");
        }
        String name = function.text("name");
        if (name == null) {
            throw ApiException.invalid(function.path("name"), function.path("name") + " is missing");
        }
        if (!ToolName.isAllowed(name)) {
            throw ApiException.invalid(
                    function.path("name"),
                    function.path("name") + " must consist of 1 to " + ToolName.MAX_LENGTH
                            + " letters, digits, underscores, hyphens and dots, but is " + Excerpt.quoted(name));
        }
        JsonNode parameters = function.get("parameters");
        if (parameters != null && !parameters.isObject()) {
            throw Fields.wrongType(function.path("parameters"), "an object", parameters);
        }
        return new Tool(tool.path(FUNCTION), name, function.text("description"), parameters, function.bool("strict"));
    }

    private static long sizeOf(Tool tool) {
        return (tool.description() == null ? 0 : tool.description().length())
                + (tool.parameters() == null ? 0 : tool.parameters().toString().length());
    }

    private static ToolUse choice(@Nullable JsonNode value, List<Tool> tools) {
        if (value == null) {
            return with(tools, new ToolChoice.Auto());
        }
        if (value.isTextual()) {
            return with(tools, mode(value.textValue(), CHOICE, tools));
        }
        if (!(value instanceof ObjectNode object)) {
            throw Fields.wrongType(CHOICE, "\"none\", \"auto\", \"required\" or an object", value);
        }
        String type = text(object.get("type"), CHOICE + ".type");
        return switch (type) {
            case FUNCTION -> with(tools, named(object.get(FUNCTION), CHOICE + "." + FUNCTION, tools));
            case ALLOWED -> allowed(object.get(ALLOWED), tools);
            default ->
                throw ApiException.invalid(
                        CHOICE + ".type",
                        CHOICE + ".type must be \"function\" or \"allowed_tools\", but is " + Excerpt.quoted(type));
        };
    }

    private static ToolUse with(List<Tool> tools, ToolChoice choice) {
        return new ToolUse(tools, choice, true);
    }

    private static ToolChoice mode(String mode, String path, List<Tool> tools) {
        return switch (mode) {
            case "none" -> new ToolChoice.None();
            case "auto" -> new ToolChoice.Auto();
            case "required" -> {
                if (tools.isEmpty()) {
                    throw ApiException.invalid(path, path + " is \"required\", but the request has no tools");
                }
                yield new ToolChoice.Required();
            }
            default ->
                throw ApiException.invalid(
                        path, path + " must be \"none\", \"auto\" or \"required\", but is " + Excerpt.quoted(mode));
        };
    }

    private static ToolChoice.Named named(@Nullable JsonNode function, String path, List<Tool> tools) {
        if (function == null || function.isNull()) {
            throw ApiException.invalid(path, path + " is missing");
        }
        if (!function.isObject()) {
            throw Fields.wrongType(path, "an object", function);
        }
        String name = text(function.get("name"), path + ".name");
        if (tools.stream().noneMatch(tool -> tool.name().equals(name))) {
            throw ApiException.invalid(
                    path + ".name", path + ".name is " + Excerpt.quoted(name) + ", but no tool has that name");
        }
        return new ToolChoice.Named(name);
    }

    /** Reads OpenAI's newer form, which allows some of the tools. The others are left out. */
    private static ToolUse allowed(@Nullable JsonNode allowed, List<Tool> tools) {
        String path = CHOICE + "." + ALLOWED;
        if (allowed == null || !allowed.isObject()) {
            throw ApiException.invalid(path, path + " must be an object");
        }
        JsonNode names = allowed.path("tools");
        if (!names.isArray() || names.isEmpty()) {
            throw ApiException.invalid(path + ".tools", path + ".tools must be an array of at least one tool");
        }
        List<String> kept = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            String at = path + ".tools[" + i + "]";
            kept.add(named(names.get(i).get(FUNCTION), at + "." + FUNCTION, tools)
                    .name());
        }
        List<Tool> some =
                tools.stream().filter(tool -> kept.contains(tool.name())).toList();
        return with(some, mode(text(allowed.get("mode"), path + ".mode"), path + ".mode", some));
    }

    private static String text(@Nullable JsonNode value, String path) {
        if (value == null || value.isNull()) {
            throw ApiException.invalid(path, path + " is missing");
        }
        return Fields.text(value, path, "a string");
    }
}
