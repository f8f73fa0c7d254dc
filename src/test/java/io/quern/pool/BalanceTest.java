package io.quern.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.pool.Balance.Move;
import io.quern.pool.Balance.Places;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BalanceTest {

    @ParameterizedTest(name = "{0} streams of workers with {1} slots, on {2} workers")
    @CsvSource({
        "8-0, 32, 2, 4-4",
        "0-8, 32, 2, 4-4",
        "1-0, 32, 2, 1-0",
        "2-0, 32, 2, 1-1",
        "5-4, 32, 2, 5-4",
        "32-29, 32, 2, 32-29",
        "24-14, 32, 2, 19-19",
        "8-8, 32, 1, 16-0",
        "0-16, 32, 1, 16-0",
        "20-20, 32, 1, 32-8",
        "4-4, 4, 1, 4-4",
        "6-6-6-6, 32, 2, 12-12-0-0",
        "9-1-1-1, 32, 4, 3-3-3-3",
        "3-3-3-0, 32, 4, 2-2-3-2",
        "0-0, 32, 2, 0-0"
    })
    void streamsAreMoved(String before, int slots, int use, String after) {
        assertThat(String.join(
                        "-",
                        moved(numbers(before), slots, use)
                                .mapToObj(String::valueOf)
                                .toList()))
                .isEqualTo(after);
    }

    @ParameterizedTest(name = "{0} streams of workers with {1} slots, on {2} workers; p computes a long prompt")
    @CsvSource({
        "4-4p, 32, 2, 8-0",
        "4p-4, 32, 2, 0-8",
        "8p-0, 32, 1, 0-8",
        "8-0p, 32, 1, 8-0",
        "4p-4p, 32, 2, 4-4",
        "8p-0p, 32, 1, 8-0",
        "4-4p, 6, 2, 6-2",
        "6-6p-6, 32, 3, 9-0-9",
        "6p-6p-6, 32, 2, 0-0-18"
    })
    void streamsLeaveAWorkerThatComputesALongPrompt(String before, int slots, int use, String after) {
        List<Places> places = Stream.of(before.split("-"))
                .map(worker -> {
                    int streams = Integer.parseInt(worker.replace("p", ""));
                    return new Places(streams, slots - streams, worker.endsWith("p"));
                })
                .toList();
        int[] streams = places.stream().mapToInt(Places::streams).toArray();
        for (Move move : Balance.moves(places, use)) {
            streams[move.from()]--;
            streams[move.to()]++;
        }
        assertThat(streams).containsExactly(numbers(after));
    }

    @Test
    void anyDistributionBecomesEven() {
        Random random = new Random(21);
        for (int i = 0; i < 2000; i++) {
            int workers = 1 + random.nextInt(8);
            int slots = 1 + random.nextInt(32);
            int[] streams = random.ints(workers, 0, slots + 1).toArray();
            int use = 1 + random.nextInt(workers);
            int[] after = moved(streams, slots, use).toArray();
            assertThat(IntStream.of(after).sum())
                    .isEqualTo(IntStream.of(streams).sum());
            assertThat(IntStream.of(after)).allMatch(number -> number >= 0 && number <= slots);
            boolean full = IntStream.of(after).limit(use).allMatch(number -> number == slots);
            assertThat(full || IntStream.of(after).skip(use).sum() == 0)
                    .as("%s on %d of %d slots: %s", List.of(streams), use, slots, List.of(after))
                    .isTrue();
            assertThat(Balance.moves(places(after, slots), use))
                    .as("it is final")
                    .isEmpty();
        }
    }

    private static IntStream moved(int[] streams, int slots, int use) {
        int[] after = streams.clone();
        for (Move move : Balance.moves(places(streams, slots), use)) {
            after[move.from()]--;
            after[move.to()]++;
        }
        return IntStream.of(after);
    }

    private static List<Places> places(int[] streams, int slots) {
        return IntStream.of(streams)
                .mapToObj(number -> new Places(number, slots - number))
                .toList();
    }

    private static int[] numbers(String text) {
        return List.of(text.split("-")).stream().mapToInt(Integer::parseInt).toArray();
    }
}
