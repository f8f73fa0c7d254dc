package io.quern.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quern.TestConfig;
import io.quern.settings.Problems;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GrammarSettingsTest {
    @Test
    void defaultsAreThoseOfTheLimits() {
        assertThat(new GrammarSettings(TestConfig.of(GrammarConfig.class, Map.of())).limits())
                .isEqualTo(GrammarLimits.DEFAULT);
    }

    @Test
    void everyKeyIsRead() {
        GrammarConfig set = TestConfig.of(
                GrammarConfig.class,
                Map.of(
                        "quern.grammar.max-size", "1",
                        "quern.grammar.max-rules", "2",
                        "quern.grammar.max-depth", "3",
                        "quern.grammar.max-repetitions", "4",
                        "quern.grammar.max-alternatives", "5",
                        "quern.grammar.max-steps", "6"));
        assertThat(new GrammarSettings(set).limits()).isEqualTo(new GrammarLimits(1, 2, 3, 4, 5, 6));
    }

    @Test
    void valuesBeyondLlamaCppAreRefused() {
        Problems problems = new Problems();
        GrammarSettings.check(
                TestConfig.of(
                        GrammarConfig.class,
                        Map.of("quern.grammar.max-repetitions", "2001", "quern.grammar.max-depth", "0")),
                problems);
        assertThatThrownBy(problems::refuse)
                .hasMessageContaining("quern.grammar.max-repetitions is 2001; it must be from 1 to 2000")
                .hasMessageContaining("quern.grammar.max-depth is 0");
    }
}
