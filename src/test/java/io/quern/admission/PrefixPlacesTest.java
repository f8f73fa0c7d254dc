package io.quern.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.generation.Prompt;
import io.quern.pool.PrefixScope;
import java.util.Collections;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PrefixPlacesTest {
    private static final PrefixScope SCOPE = new PrefixScope("one client");
    private static final String RULES = "You know all about mills. ".repeat(30);

    private final PrefixPlaces places = new PrefixPlaces();

    @Test
    void promptGoesWhereItsLongestBeginningIs() {
        places.begins(text(SCOPE, RULES + "Is it heavy? ".repeat(40)), 3);
        places.begins(text(SCOPE, RULES), 5);
        assertThat(places.of(text(SCOPE, RULES + "Who made it?"))).hasValue(5);
        assertThat(places.of(text(SCOPE, RULES + "Is it heavy? ".repeat(50)))).hasValue(3);
        assertThat(places.of(text(SCOPE, "x" + RULES))).isEmpty();
    }

    @Test
    void promptOfAnotherScopeOrNoneGoesAnywhere() {
        places.begins(text(SCOPE, RULES), 3);
        assertThat(places.of(text(new PrefixScope("another client"), RULES))).isEmpty();
        assertThat(places.of(text(PrefixScope.NONE, RULES))).isEmpty();
    }

    @Test
    void shortPromptHasNoBeginning() {
        assertThat(text(SCOPE, "a".repeat(PromptBeginnings.BLOCK - 1)).hashes()).isEmpty();
        assertThat(text(SCOPE, "a".repeat(PromptBeginnings.BLOCK)).hashes()).hasSize(1);
    }

    @Test
    void hugePromptTakesNoLongerThanALongOne() {
        assertThat(text(SCOPE, "a".repeat(10_000_000)).hashes()).hasSize(PromptBeginnings.MAX_BLOCKS);
    }

    @Test
    void tokensBeginAlikeToo() {
        Prompt.Tokens tokens = new Prompt.Tokens(IntStream.range(0, 600).boxed().toList());
        places.begins(new PromptBeginnings(tokens, SCOPE), 3);
        assertThat(places.of(new PromptBeginnings(tokens, SCOPE))).hasValue(3);
        assertThat(places.of(new PromptBeginnings(new Prompt.Tokens(Collections.nCopies(600, 1)), SCOPE)))
                .isEmpty();
    }

    private static PromptBeginnings text(PrefixScope scope, String text) {
        return new PromptBeginnings(new Prompt.Text(text, true), scope);
    }
}
