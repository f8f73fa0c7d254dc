package io.quern.tools;

import java.util.Locale;
import java.util.Optional;

/** The marks between which models write their reasoning. Those of gpt-oss belong to {@link CallFormat#GPT_OSS}. */
public enum ReasoningFormat {
    /** The marks that the model's chat template contains. */
    AUTO,
    /** {@code <think>}. */
    THINK,
    /** {@code [THINK]}. */
    MISTRAL,
    /** {@code <seed:think>}. */
    SEED,
    /** Reasoning stays in the content. */
    NONE;

    /** Returns the format of a chat template, or {@link #NONE}. */
    static ReasoningFormat of(String template) {
        if (template.contains(ReasoningMarks.SEED.close())) {
            return SEED;
        }
        if (template.contains(ReasoningMarks.MISTRAL.close())) {
            return MISTRAL;
        }
        return template.contains(ReasoningMarks.THINK.close()) || template.contains(ReasoningMarks.THINK.open())
                ? THINK
                : NONE;
    }

    Optional<ReasoningMarks> marks() {
        return switch (this) {
            case THINK -> Optional.of(ReasoningMarks.THINK);
            case MISTRAL -> Optional.of(ReasoningMarks.MISTRAL);
            case SEED -> Optional.of(ReasoningMarks.SEED);
            case NONE, AUTO -> Optional.empty();
        };
    }

    /** Returns the name used in the configuration. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
