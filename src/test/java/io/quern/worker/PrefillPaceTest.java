package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class PrefillPaceTest {
    private static final int MAX_CHUNK = 512;

    @Test
    void pieceFillsTheRemainingTime() {
        PrefillPace pace = new PrefillPace(MAX_CHUNK, 1000);
        assertThat(pace.chunk(1500, 50_000)).isEqualTo(48);
        assertThat(pace.chunk(1500, 25_000)).isEqualTo(24);
    }

    @Test
    void smallestPieceIsGivenEvenWithoutTime() {
        PrefillPace pace = new PrefillPace(MAX_CHUNK, 100_000);
        assertThat(pace.chunk(1500, 50_000)).isEqualTo(4);
        assertThat(pace.chunk(1500, -3)).isEqualTo(4);
        assertThat(pace.chunk(5, -3)).isEqualTo(5);
        assertThat(pace.chunk(6, -3)).isEqualTo(4);
    }

    @Test
    void pieceNeverExceedsABatch() {
        assertThat(new PrefillPace(MAX_CHUNK, 0.01).chunk(9999, 50_000)).isEqualTo(512);
    }

    @Test
    void pieceSizeFollowsMeasurements() {
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
    void singleDelayDoesNotStarveAPrompt() {
        PrefillPace pace = new PrefillPace(MAX_CHUNK, 1000);
        pace.measured(48, 48 * 5000);
        assertThat(pace.chunk(1500, 50_000)).isEqualTo(16);
        pace.measured(16, 16 * 1000);
        pace.measured(16, 16 * 1000);
        pace.measured(24, 24 * 1000);
        assertThat(pace.chunk(1500, 50_000)).isEqualTo(32);
    }

    /** A piece of 4 tokens takes 30 ms, one of 8 takes 50, as 10 and 5 for each token. */
    @Test
    void piecesOfFourGrowAgainAfterADelay() {
        PrefillPace pace = new PrefillPace(MAX_CHUNK, 6000);
        pace.measured(8, 500_000);
        assertThat(pace.chunk(1500, 52_000)).isEqualTo(4);
        for (int i = 0; i < 20; i++) {
            int chunk = pace.chunk(1500, 52_000);
            pace.measured(chunk, 10_000 + 5000L * chunk);
        }
        assertThat(pace.chunk(1500, 52_000)).isEqualTo(8);
    }

    /** As on a GPU: the number of tokens hardly matters. */
    @Test
    void piecesGrowIfTheirTokensCostLittle() {
        PrefillPace pace = new PrefillPace(56, 10_000);
        for (int i = 0; i < 60; i++) {
            int chunk = pace.chunk(1500, 3100);
            pace.measured(chunk, 1400 + 10L * chunk);
        }
        assertThat(pace.chunk(1500, 3100)).isEqualTo(56);
    }

    /** Whatever a piece costs besides its tokens: the estimate exceeds the time by less than a fifth. */
    @Test
    void pieceTakesLittleMoreThanItsTime() {
        Random random = new Random(2);
        for (int model = 0; model < 200; model++) {
            double perToken = 100 + random.nextInt(10_000);
            double fixed = perToken * (1.5 + random.nextInt(60));
            PrefillPace pace = new PrefillPace(MAX_CHUNK, perToken);
            for (int i = 0; i < 60; i++) {
                pace.measured(8, (long) (fixed + 8 * perToken));
            }
            long micros = (long) ((fixed + 4 * perToken) * (1 + 4 * random.nextDouble()));
            for (int i = 0; i < 60; i++) {
                int chunk = pace.chunk(1500, micros);
                double took = fixed + chunk * perToken;
                assertThat(took).isLessThan(1.2 * micros);
                pace.measured(chunk, (long) took);
            }
        }
    }

    @Test
    void piecesStartAtMultiplesOfFourAndExceedOneToken() {
        Random random = new Random(1);
        for (int length = 1; length < 700; length++) {
            PrefillPace pace = new PrefillPace(MAX_CHUNK, 1 + random.nextInt(3000));
            int begin = 0;
            while (begin < length) {
                int chunk = pace.chunk(length - begin, random.nextInt(60_000));
                assertThat(begin % 4).isZero();
                assertThat(chunk).isBetween(length == 1 ? 1 : 2, length - begin);
                pace.measured(chunk, random.nextInt(200_000));
                begin += chunk;
            }
        }
    }

    @Test
    void grainDoesNotDependOnTheTime() {
        PrefillPace pace = new PrefillPace(MAX_CHUNK, 100_000);
        assertThat(pace.grain(1500)).isEqualTo(8);
        assertThat(pace.grain(9)).isEqualTo(9);
        assertThat(pace.grain(10)).isEqualTo(8);
        assertThat(pace.grain(3)).isEqualTo(3);
    }

    @Test
    void fitOfAnotherPieceIsKnown() {
        PrefillPace pace = new PrefillPace(MAX_CHUNK, 1000);
        assertThat(pace.fits(8000)).isTrue();
        assertThat(pace.fits(7999)).isFalse();
    }
}
