package io.quern.model;

import io.quern.tools.ToolUse;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a chat template turns into a prompt.
 *
 * @param tools that the model may call
 * @param variables further variables of the template: String, Number, Boolean, null, List and Map. They cannot replace
 *     those that this package sets
 * @param end where the prompt ends
 */
public record Conversation(
        List<ChatMessage> messages, ToolUse tools, Map<String, @Nullable Object> variables, PromptEnd end) {
    public Conversation {
        messages = List.copyOf(messages);
        variables = Collections.unmodifiableMap(new LinkedHashMap<>(variables));
    }

    /** Creates a conversation that the model's next message continues. */
    public Conversation(List<ChatMessage> messages, ToolUse tools, Map<String, @Nullable Object> variables) {
        this(messages, tools, variables, PromptEnd.NEXT_MESSAGE);
    }

    /** Returns whether the template must know about tools. */
    boolean usesTools() {
        return !tools.callable().isEmpty()
                || messages.stream()
                        .anyMatch(message -> message.role().equals(ChatMessage.TOOL)
                                || !message.toolCalls().isEmpty());
    }

    /** Returns whether everything in it is text, so that only the template can be to blame for a failure. */
    boolean isPlain() {
        return variables.isEmpty() && !usesTools();
    }
}
