package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PrefixCacheTest {
    private final PrefixCache cache = new PrefixCache(2);

    @Test
    void emptySlotHasNothingToReuse() {
        assertThat(cache.reusable(0, "a", prompt(100))).isZero();
    }

    @Test
    void commonPrefixIsReusedInWholeGrains() {
        cache.keep(0, "a", prompt(100), 100);
        int[] next = prompt(100);
        next[45] = -1;
        assertThat(cache.reusable(0, "a", next)).isEqualTo(40);
        assertThat(cache.reusable(1, "a", next)).as("another slot's").isZero();
    }

    @Test
    void samePromptLeavesTwoTokensToCompute() {
        cache.keep(0, "a", prompt(100), 100);
        assertThat(cache.reusable(0, "a", prompt(100))).isEqualTo(96);
        assertThat(cache.reusable(0, "a", prompt(98))).isEqualTo(96);
        assertThat(cache.reusable(0, "a", prompt(97)))
                .as("no piece of one token")
                .isEqualTo(88);
        assertThat(cache.reusable(0, "a", prompt(1))).isZero();
    }

    @Test
    void onlyPrefilledTokensAreReused() {
        cache.keep(0, "a", prompt(100), 24);
        assertThat(cache.reusable(0, "a", prompt(100))).isEqualTo(24);
    }

    @Test
    void forgottenPrefixIsNotReused() {
        cache.keep(0, "a", prompt(100), 100);
        cache.forget(0);
        assertThat(cache.reusable(0, "a", prompt(100))).isZero();
    }

    @Test
    void otherScopeReusesNothing() {
        cache.keep(0, "a", prompt(100), 100);
        assertThat(cache.reusable(0, "b", prompt(100))).isZero();
        assertThat(cache.reusable(0, "", prompt(100))).isZero();
        assertThat(cache.reusable(0, "a", prompt(100))).isEqualTo(96);
    }

    @Test
    void requestWithoutScopeLeavesNothing() {
        cache.keep(0, "a", prompt(100), 100);
        cache.keep(0, "", prompt(100), 100);
        assertThat(cache.reusable(0, "", prompt(100))).isZero();
        assertThat(cache.reusable(0, "a", prompt(100))).isZero();
    }

    private static int[] prompt(int tokens) {
        return IntStream.range(1000, 1000 + tokens).toArray();
    }
}
