package io.quern.openai;

import io.quern.generation.FinishReason;
import java.util.Locale;

/** Says why a choice ended. The names are those of OpenAI's {@code finish_reason} in upper case. */
enum ChoiceFinish {
    STOP,
    LENGTH,
    TOOL_CALLS;

    static ChoiceFinish of(FinishReason reason) {
        return switch (reason) {
            case STOP -> STOP;
            case LENGTH -> LENGTH;
        };
    }

    /** Returns the name in JSON. */
    String json() {
        return name().toLowerCase(Locale.ROOT);
    }
}
