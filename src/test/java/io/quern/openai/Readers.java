package io.quern.openai;

import io.quern.generation.Prompt;
import io.quern.model.ChatMessage;
import io.quern.model.PromptEnd;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;

/** Creates readers like the application, with a template and a seed that tests can recognise. */
final class Readers {
    static final String MODEL = "demo";
    static final long SEED = 4711;
    static final LongConsumer UNBOUNDED = bytes -> {};
    private static final JsonBody JSON = new JsonBody(16, 1 << 20);
    private static final GenerationFields FIELDS = new GenerationFields(0.7, () -> SEED);

    private static final ChoiceFields CHOICES = new ChoiceFields(128);

    private static final ModelSelection ONLY = new ModelSelection(
            name -> Optional.of(name).filter(MODEL::equals), () -> Optional.of(MODEL), () -> 1, name -> List.of(MODEL));

    private Readers() {}

    static RequestReader chats() {
        return new ChatReader(JSON, ONLY, FIELDS, CHOICES, Readers::plainTemplate);
    }

    static RequestReader completions() {
        return new CompletionReader(JSON, ONLY, FIELDS, CHOICES, 16);
    }

    private static Prompt plainTemplate(String model, List<ChatMessage> messages, PromptEnd end) {
        return new Prompt.Text(
                messages.stream().map(m -> m.role() + ":" + m.content()).collect(Collectors.joining("|")), false);
    }
}
