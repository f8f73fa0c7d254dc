package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PrefixCacheTest {
    private final PrefixCache cache = new PrefixCache(2);

    @Test
    void an_empty_slot_has_nothing_to_reuse() {
        assertThat(cache.reusable(0, "a", prompt(100))).isZero();
    }

    @Test
    void a_common_beginning_is_reused_in_whole_grains() {
        cache.keep(0, "a", prompt(100), 100);
        int[] next = prompt(100);
        next[45] = -1;
        assertThat(cache.reusable(0, "a", next)).isEqualTo(40);
        assertThat(cache.reusable(1, "a", next)).as("another slot's").isZero();
    }

    @Test
    void of_the_same_prompt_at_least_two_tokens_are_computed_again() {
        cache.keep(0, "a", prompt(100), 100);
        assertThat(cache.reusable(0, "a", prompt(100))).isEqualTo(96);
        assertThat(cache.reusable(0, "a", prompt(98))).isEqualTo(96);
        assertThat(cache.reusable(0, "a", prompt(97)))
                .as("no piece of one token")
                .isEqualTo(88);
        assertThat(cache.reusable(0, "a", prompt(1))).isZero();
    }

    @Test
    void what_was_not_prefilled_is_not_there() {
        cache.keep(0, "a", prompt(100), 24);
        assertThat(cache.reusable(0, "a", prompt(100))).isEqualTo(24);
    }

    @Test
    void what_is_forgotten_is_not_reused() {
        cache.keep(0, "a", prompt(100), 100);
        cache.forget(0);
        assertThat(cache.reusable(0, "a", prompt(100))).isZero();
    }

    @Test
    void another_scope_reuses_nothing() {
        cache.keep(0, "a", prompt(100), 100);
        assertThat(cache.reusable(0, "b", prompt(100))).isZero();
        assertThat(cache.reusable(0, "", prompt(100))).isZero();
        assertThat(cache.reusable(0, "a", prompt(100))).isEqualTo(96);
    }

    @Test
    void a_request_without_a_scope_leaves_nothing() {
        cache.keep(0, "a", prompt(100), 100);
        cache.keep(0, "", prompt(100), 100);
        assertThat(cache.reusable(0, "", prompt(100))).isZero();
        assertThat(cache.reusable(0, "a", prompt(100))).isZero();
    }

    private static int[] prompt(int tokens) {
        return IntStream.range(1000, 1000 + tokens).toArray();
    }
}
