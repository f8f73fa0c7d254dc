package io.quern.grammar;

import io.quern.settings.Problems;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/** The configured limits of grammars, checked before anything is started. */
@Singleton
public final class GrammarSettings {
    /** llama.cpp fails beyond it. */
    private static final int MOST_REPETITIONS = 2000;

    private static final int MOST_DEPTH = 1000;
    private static final int MOST_SIZE = 1 << 28;
    private final GrammarConfig config;

    GrammarSettings(GrammarConfig config) {
        this.config = config;
    }

    public GrammarLimits limits() {
        return new GrammarLimits(
                        (int) Math.min(MOST_SIZE, config.maxSize().asLongValue()),
                        config.maxRules(),
                        config.maxDepth(),
                        config.maxRepetitions(),
                        config.maxAlternatives(),
                        config.maxSteps())
                .withTokenTime(config.tokenTimeout());
    }

    void check(@Observes Problems problems) {
        check(config, problems);
    }

    static void check(GrammarConfig config, Problems problems) {
        problems.of("quern.grammar.max-size")
                .within(1, MOST_SIZE, config.maxSize().asLongValue());
        problems.of("quern.grammar.max-rules").within(1, 1_000_000, config.maxRules());
        problems.of("quern.grammar.max-depth").within(1, MOST_DEPTH, config.maxDepth());
        problems.of("quern.grammar.max-repetitions").within(1, MOST_REPETITIONS, config.maxRepetitions());
        problems.of("quern.grammar.max-alternatives").within(1, 100_000, config.maxAlternatives());
        problems.of("quern.grammar.max-steps").within(1, 1_000_000_000, config.maxSteps());
        problems.of("quern.grammar.token-timeout")
                .within(1, Integer.MAX_VALUE, config.tokenTimeout().toMillis());
    }
}
