package io.quern.openai;

import io.quern.generation.Prompt;
import io.quern.model.ChatMessage;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;

/** Creates readers like the application, with a template and a seed that tests can recognise. */
final class Readers {
    static final String MODEL = "demo";
    static final long SEED = 4711;
    static final LongConsumer UNBOUNDED = bytes -> {};
    private static final JsonBody JSON = new JsonBody(16, 1 << 20);
    private static final GenerationFields FIELDS = new GenerationFields(0.7, () -> SEED);

    private Readers() {}

    static RequestReader chats() {
        return new ChatReader(JSON, new ModelName(MODEL), FIELDS, Readers::plainTemplate);
    }

    static RequestReader completions() {
        return new CompletionReader(JSON, new ModelName(MODEL), FIELDS, 16);
    }

    private static Prompt plainTemplate(List<ChatMessage> messages) {
        return new Prompt(
                messages.stream().map(m -> m.role() + ":" + m.content()).collect(Collectors.joining("|")), false);
    }
}
