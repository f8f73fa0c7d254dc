package io.quern.tools;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** Describes tools, calls and results in words, for models without a format of their own. */
public final class FallbackPrompt {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private FallbackPrompt() {}

    /** Returns the instructions for a system message. */
    public static String instructions(ToolUse use) {
        String tools =
                use.callable().stream().map(tool -> json(tool.forTemplates())).collect(Collectors.joining("\n"));
        return """
                You can call these functions:
                <tools>
                %s
                </tools>

                To call a function, answer with its name and its arguments as JSON, in this form:
                <tool_call>
                {"name": "FUNCTION", "arguments": {"PARAMETER": "VALUE"}}
                </tool_call>
                The result follows in <tool_response>. %s""".formatted(tools, demand(use));
    }

    private static String demand(ToolUse use) {
        return use.forced() ? "You must call a function now." : "If you need no function, answer in plain words.";
    }

    /** Returns the text of a call that the model has made. */
    public static String call(String name, Object arguments) {
        Map<String, Object> call = new LinkedHashMap<>();
        call.put("name", name);
        call.put("arguments", arguments);
        return HermesCalls.OPEN + "\n" + json(call) + "\n" + HermesCalls.CLOSE;
    }

    /** Returns the text of a call's result. */
    public static String result(String content) {
        return "<tool_response>\n" + content + "\n</tool_response>";
    }

    private static String json(Object value) {
        try {
            return MAPPER.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("maps and lists have a JSON form", e);
        }
    }
}
