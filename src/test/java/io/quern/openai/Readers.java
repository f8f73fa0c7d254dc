package io.quern.openai;

import io.quern.generation.Prompt;
import io.quern.grammar.GrammarLimits;
import io.quern.model.Conversation;
import io.quern.tools.AnswerFormat;
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
    private static final GenerationFields FIELDS = new GenerationFields(
            model -> SamplingDefaults.of(0.7), () -> SEED, new ConstraintFields(GrammarLimits.DEFAULT));

    private static final ChoiceFields CHOICES = new ChoiceFields(128);

    private static final ModelSelection ONLY = new ModelSelection(
            name -> Optional.of(name).filter(MODEL::equals), () -> Optional.of(MODEL), () -> 1, name -> List.of(MODEL));

    private Readers() {}

    static RequestReader chats() {
        return chats(new PlainTemplates(AnswerFormat.PLAIN));
    }

    static RequestReader chats(Templates templates) {
        return new ChatReader(JSON, ONLY, FIELDS, CHOICES, new ToolFields(3, 1000), templates);
    }

    static RequestReader completions() {
        return new CompletionReader(JSON, ONLY, FIELDS, CHOICES, 16);
    }

    static RequestReader completions(SamplingDefaults defaults) {
        GenerationFields fields =
                new GenerationFields(model -> defaults, () -> SEED, new ConstraintFields(GrammarLimits.DEFAULT));
        return new CompletionReader(JSON, ONLY, fields, CHOICES, 16);
    }

    /** Shows roles and contents. */
    record PlainTemplates(AnswerFormat answers) implements Templates {
        @Override
        public Prompt.Text render(String model, Conversation conversation) {
            return new Prompt.Text(
                    conversation.messages().stream()
                            .map(m -> m.role() + ":" + m.content())
                            .collect(Collectors.joining("|")),
                    false);
        }

        @Override
        public AnswerFormat format(String model, boolean tools) {
            return answers;
        }
    }
}
