package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.wire.Generate;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PieceTest {
    private static final int BATCH = 128;
    private static final int SECOND = 1_000_000;

    /** Assumes one millisecond per token. */
    private final PrefillPace pace = new PrefillPace(56, 1000);

    @Test
    void batchTakesAsManyPromptsAsFit() {
        assertThat(next(SECOND, true, 25, 40, 30, 100, 20)).containsExactly(25, 40, 30, 20);
    }

    @Test
    void batchTakesAsManyPromptsAsTimeAllows() {
        assertThat(next(60_000, true, 25, 40, 30)).containsExactly(25, 32);
    }

    @Test
    void piecesDifferingByOneTokenAreSeparated() {
        assertThat(next(SECOND, true, 25, 26, 24, 25, 27)).containsExactly(25, 25, 27);
    }

    @Test
    void promptOfOneTokenIsAlone() {
        assertThat(next(SECOND, true, 1, 25)).containsExactly(1);
        assertThat(next(SECOND, true, 25, 1, 30)).containsExactly(25, 30);
    }

    @Test
    void batchAlwaysHasAPiece() {
        assertThat(next(0, true, 25, 40)).containsExactly(4);
    }

    @Test
    void singlePromptModeTakesOnePrompt() {
        assertThat(next(SECOND, false, 25, 40)).containsExactly(25);
    }

    @Test
    void scoredPromptHasSmallPiecesAndIsFirst() {
        Generate scored = Generate.newBuilder().setPromptLogprobs(0).build();
        Generate plain = Generate.getDefaultInstance();
        assertThat(next(SECOND, true, List.of(slot(0, scored, 50), slot(1, plain, 40), slot(2, scored, 9))))
                .containsExactly(8, 40);
        assertThat(next(SECOND, true, List.of(slot(0, scored, 9)))).containsExactly(9);
        assertThat(next(SECOND, true, List.of(slot(0, plain, 40), slot(1, scored, 9))))
                .containsExactly(40);
    }

    /** llama.cpp computes the tokens that all pieces have, then those that the longer ones have, and so on. */
    @Test
    void noRowIsComputedByItself() {
        Random random = new Random(3);
        for (int batch = 0; batch < 3000; batch++) {
            int[] prompts = random.ints(1 + random.nextInt(8), 1, random.nextBoolean() ? 14 : 70)
                    .toArray();
            List<Integer> pieces = next(random.nextInt(120_000), true, prompts);
            assertThat(pieces).isNotEmpty();
            assertThat(pieces.stream().mapToInt(Integer::intValue).sum()).isLessThanOrEqualTo(BATCH);
            if (pieces.contains(1)) {
                assertThat(pieces).containsExactly(1);
                assertThat(prompts[0]).isEqualTo(1);
            }
            List<Integer> sorted = pieces.stream().sorted().toList();
            for (int i = 1; i < sorted.size(); i++) {
                assertThat(sorted.get(i) - sorted.get(i - 1)).isNotEqualTo(1);
            }
        }
    }

    @Test
    void remaindersJoinOrFollowAPieceOfFour() {
        assertThat(next(0, true, 5)).containsExactly(5);
        assertThat(next(0, true, 6)).containsExactly(4);
        assertThat(next(0, true, 7)).containsExactly(4);
        assertThat(next(0, true, 9)).containsExactly(4);
        assertThat(next(20_000, true, 5, 4)).containsExactly(5);
        assertThat(next(20_000, true, 3, 4)).containsExactly(3);
        assertThat(next(20_000, true, 4, 6, 2)).containsExactly(4, 6, 2);
        assertThat(next(12_000, true, 3, 30)).containsExactly(3, 8);
    }

    private List<Integer> next(long micros, boolean several, int... prompts) {
        List<Slot> waiting = new ArrayList<>();
        for (int length : prompts) {
            waiting.add(slot(waiting.size(), Generate.getDefaultInstance(), length));
        }
        return next(micros, several, waiting);
    }

    private static Slot slot(int number, Generate request, int length) {
        int[] prompt = IntStream.range(0, length).toArray();
        return new Slot(number, new Sequence(new Request(request), prompt, 1000, null, null, false));
    }

    private List<Integer> next(long micros, boolean several, List<Slot> waiting) {
        return PrefillChunk.next(waiting, pace, micros, BATCH, several).stream()
                .map(PrefillChunk::tokens)
                .toList();
    }
}
