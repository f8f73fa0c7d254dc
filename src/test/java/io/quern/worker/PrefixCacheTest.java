package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PrefixCacheTest {
    private final PrefixCache cache = new PrefixCache(2, new Reuse(8, false));

    @Test
    void emptySlotHasNothingToReuse() {
        assertThat(cache.reusable(0, "a", prompt(100))).isZero();
    }

    @Test
    void commonPrefixIsReusedInWholeGrains() {
        cache.keep(0, "a", prompt(100));
        int[] next = prompt(100);
        next[45] = -1;
        assertThat(cache.reusable(0, "a", next)).isEqualTo(40);
        assertThat(cache.reusable(1, "a", next)).as("another slot's").isZero();
    }

    @Test
    void onlyKeptTokensAreReused() {
        cache.keep(0, "a", prompt(24));
        assertThat(cache.reusable(0, "a", prompt(100))).isEqualTo(24);
    }

    @Test
    void forgottenPrefixIsNotReused() {
        cache.keep(0, "a", prompt(100));
        cache.forget(0);
        assertThat(cache.reusable(0, "a", prompt(100))).isZero();
    }

    @Test
    void otherScopeReusesNothing() {
        cache.keep(0, "a", prompt(100));
        assertThat(cache.reusable(0, "b", prompt(100))).isZero();
        assertThat(cache.reusable(0, "", prompt(100))).isZero();
        assertThat(cache.reusable(0, "a", prompt(100))).isEqualTo(96);
    }

    @Test
    void requestWithoutScopeLeavesNothing() {
        cache.keep(0, "a", prompt(100));
        cache.keep(0, "", prompt(100));
        assertThat(cache.reusable(0, "", prompt(100))).isZero();
        assertThat(cache.reusable(0, "a", prompt(100))).isZero();
    }

    private static int[] prompt(int tokens) {
        return IntStream.range(1000, 1000 + tokens).toArray();
    }
}
