package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class PrefillPaceTest {
    private static final int MAX_CHUNK = 512;

    @Test
    void a_piece_fills_the_time_that_is_left() {
        PrefillPace pace = new PrefillPace(MAX_CHUNK, 1000);
        assertThat(pace.chunk(1500, 50_000)).isEqualTo(48);
        assertThat(pace.chunk(1500, 25_000)).isEqualTo(24);
    }

    @Test
    void there_is_always_a_smallest_piece_even_without_time() {
        PrefillPace pace = new PrefillPace(MAX_CHUNK, 100_000);
        assertThat(pace.chunk(1500, 50_000)).isEqualTo(8);
        assertThat(pace.chunk(1500, -3)).isEqualTo(8);
    }

    @Test
    void a_piece_is_never_larger_than_a_batch() {
        assertThat(new PrefillPace(MAX_CHUNK, 0.01).chunk(9999, 50_000)).isEqualTo(512);
    }

    @Test
    void pieces_follow_what_is_measured() {
        PrefillPace pace = new PrefillPace(MAX_CHUNK, 100);
        for (int i = 0; i < 20; i++) {
            pace.measured(16, 16 * 2000);
        }
        assertThat(pace.chunk(1500, 50_000)).isEqualTo(24);
        for (int i = 0; i < 20; i++) {
            pace.measured(16, 16 * 500);
        }
        assertThat(pace.chunk(1500, 50_000)).isEqualTo(96);
    }

    @Test
    void one_hiccup_does_not_starve_a_prompt() {
        PrefillPace pace = new PrefillPace(MAX_CHUNK, 1000);
        pace.measured(48, 48 * 5000);
        assertThat(pace.chunk(1500, 50_000)).isEqualTo(16);
        pace.measured(16, 16 * 1000);
        pace.measured(16, 16 * 1000);
        pace.measured(24, 24 * 1000);
        assertThat(pace.chunk(1500, 50_000)).isEqualTo(32);
    }

    @Test
    void whatever_is_measured_no_piece_of_a_longer_prompt_is_one_token_and_all_begin_at_the_grain() {
        Random random = new Random(1);
        for (int length = 1; length < 700; length++) {
            PrefillPace pace = new PrefillPace(MAX_CHUNK, 1 + random.nextInt(3000));
            int begin = 0;
            while (begin < length) {
                int chunk = pace.chunk(length - begin, random.nextInt(60_000));
                assertThat(begin % PrefillPace.GRAIN).isZero();
                assertThat(chunk).isBetween(length == 1 ? 1 : 2, length - begin);
                pace.measured(chunk, random.nextInt(200_000));
                begin += chunk;
            }
        }
    }

    @Test
    void it_knows_whether_another_piece_fits() {
        PrefillPace pace = new PrefillPace(MAX_CHUNK, 1000);
        assertThat(pace.fits(8000)).isTrue();
        assertThat(pace.fits(7999)).isFalse();
    }
}
