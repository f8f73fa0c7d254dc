package io.quern.chat;

import io.quern.client.Message;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The messages of a chat so far. Used by one thread. */
final class Conversation {
    private final List<Message> messages = new ArrayList<>();

    /** Returns what to send for the next question. */
    List<Message> with(@Nullable String system, String question) {
        List<Message> all = all(system);
        all.add(Message.user(question));
        return all;
    }

    /** Adds a question and its answer. A question without an answer is not added, so that it can be asked again. */
    void add(String question, String answer) {
        if (!answer.isEmpty()) {
            messages.add(Message.user(question));
            messages.add(Message.assistant(answer));
        }
    }

    void clear() {
        messages.clear();
    }

    /** Returns a new list of all messages, the system message first. */
    List<Message> all(@Nullable String system) {
        List<Message> all = new ArrayList<>();
        if (system != null && !system.isEmpty()) {
            all.add(Message.system(system));
        }
        all.addAll(messages);
        return all;
    }
}
