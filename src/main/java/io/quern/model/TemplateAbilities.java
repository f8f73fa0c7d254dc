package io.quern.model;

import io.quern.tools.Tool;
import io.quern.tools.ToolChoice;
import io.quern.tools.ToolUse;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * What a chat template can do with tools. Templates do not declare it, so {@link #of} renders short conversations and
 * looks at the prompts.
 *
 * @param tools whether it shows tools, calls and results
 * @param calls how it wants calls to be written
 * @param systemMessages whether it shows system messages
 */
record TemplateAbilities(boolean tools, CallStyle calls, boolean systemMessages) {
    private static final String NAME = "quern_probe_of_tools";
    private static final String ARGUMENT = "quern_probe_of_arguments";
    private static final String SYSTEM = "quern probe of system messages";

    private static final ToolUse TOOLS =
            new ToolUse(List.of(new Tool("", NAME, "", null, false)), new ToolChoice.Auto(), true);

    /**
     * The form of calls in messages.
     *
     * @param text whether arguments are a text, and not a map
     * @param nullContent whether a message without content has none, and not an empty one
     * @param shortIds whether ids must have nine letters or digits, as Mistral's templates demand
     */
    record CallStyle(boolean text, boolean nullContent, boolean shortIds) {
        static final CallStyle USUAL = new CallStyle(false, true, false);
    }

    /**
     * Finds the abilities.
     *
     * @param render renders variables, and returns empty if the template fails
     */
    static TemplateAbilities of(Function<Map<String, Object>, Optional<String>> render) {
        ChatMessage user = new ChatMessage("user", "Hi");
        boolean tools = shows(render, NAME, CallStyle.USUAL, TOOLS, user);
        Optional<CallStyle> calls = tools ? callStyle(render, user) : Optional.empty();
        boolean system = shows(render, SYSTEM, CallStyle.USUAL, ToolUse.NONE, new ChatMessage("system", SYSTEM), user);
        return new TemplateAbilities(calls.isPresent(), calls.orElse(CallStyle.USUAL), system);
    }

    private static Optional<CallStyle> callStyle(
            Function<Map<String, Object>, Optional<String>> render, ChatMessage user) {
        Map<String, Object> function = new LinkedHashMap<>();
        function.put("name", NAME);
        function.put("arguments", "{\"" + ARGUMENT + "\": 1}");
        Map<String, Object> call = new LinkedHashMap<>();
        call.put("id", "call_quern_probe");
        call.put("type", "function");
        call.put("function", function);
        ChatMessage assistant = new ChatMessage("assistant", null, Map.of(ChatMessage.TOOL_CALLS, List.of(call)));
        ChatMessage result = new ChatMessage(
                ChatMessage.TOOL, "1", Map.of(ChatMessage.TOOL_CALL_ID, "call_quern_probe", "name", NAME));
        for (boolean shortIds : new boolean[] {false, true}) {
            for (boolean text : new boolean[] {false, true}) {
                for (boolean nullContent : new boolean[] {true, false}) {
                    CallStyle style = new CallStyle(text, nullContent, shortIds);
                    if (shows(render, ARGUMENT, style, TOOLS, user, assistant, result)) {
                        return Optional.of(style);
                    }
                }
            }
        }
        return Optional.empty();
    }

    /** Returns whether the template has written JSON, and neither Python's form of a value nor JSON within a string. */
    private static boolean isWellWritten(String prompt) {
        return !prompt.contains("None")
                && !prompt.contains("'" + ARGUMENT + "'")
                && !prompt.contains("\\\"" + ARGUMENT);
    }

    private static boolean shows(
            Function<Map<String, Object>, Optional<String>> render,
            String expected,
            CallStyle style,
            ToolUse tools,
            ChatMessage... messages) {
        return render.apply(TemplateVariables.of(new Conversation(List.of(messages), tools, Map.of()), style))
                .filter(prompt -> prompt.contains(expected) && isWellWritten(prompt))
                .isPresent();
    }
}
