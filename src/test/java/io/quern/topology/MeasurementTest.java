package io.quern.topology;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.topology.Measurement.Speed;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MeasurementTest {
    private static final long GIB = 1L << 30;
    private static final int[] STREAMS = {1, 2, 4, 8, 16, 32};

    @Test
    void fewestThreadsThatReachMostOfTheBestSpeedAreChosen() {
        Measurement measured = of(threads(1, 100), threads(2, 170), threads(4, 240), threads(7, 250));
        assertThat(measured.threads(7)).hasValue(4);
        assertThat(measured.threads(3)).as("no more than 3").hasValue(2);
        assertThat(of(threads(1, 100), threads(2, 95)).threads(7)).hasValue(1);
        assertThat(new Measurement(List.of()).threads(7)).isEmpty();
    }

    @Test
    void streamsAreAddedWhileAllTogetherGetFaster() {
        assertThat(of(threads(1, 100, 150, 220, 300, 320, 330)).streams(1)).hasValue(8);
        assertThat(of(threads(1, 100, 101, 102, 103, 104, 105)).streams(1)).hasValue(1);
        assertThat(of(threads(1, 150, 122, 177, 231, 313, 347)).streams(1))
                .as("a dip is not the end")
                .hasValue(32);
    }

    @Test
    void nextLowerNumberOfThreadsCounts() {
        Measurement measured = of(threads(1, 100), threads(4, 240));
        assertThat(measured.single(3)).hasValue(100);
        assertThat(measured.single(6)).hasValue(240);
        assertThat(new Measurement(List.of()).single(1)).isEmpty();
    }

    @Test
    void measuredModelThatNeedsThreadsGetsThem() {
        Topology estimated = choose(Optional.empty());
        assertThat(estimated.text()).isEqualTo("7 workers x 1 thread x 32 slots");
        Topology measured = choose(
                Optional.of(of(threads(1, 4), threads(2, 7.9), threads(4, 10, 15, 18, 18, 18, 18), threads(7, 11))));
        assertThat(measured.text()).isEqualTo("1 worker x 7 threads x 4 slots");
        assertThat(measured.facts()).containsEntry("measured", "true");
    }

    @Test
    void measurementReplacesTheEstimate() {
        Topology measured = choose(Optional.of(of(threads(1, 100, 150, 220, 300, 320, 330), threads(2, 110))));
        assertThat(measured.text()).isEqualTo("7 workers x 1 thread x 8 slots");
        assertThat(measured.reasons().getFirst().message()).endsWith("about 100 tokens/s (measured)");
        assertThat(measured.reasons().getLast().message()).isEqualTo("more gain little, as measured");
    }

    @Test
    void measurementOfOneThreadReplacesItsEstimate() {
        Measurement fast = of(threads(1, 100, 150, 220, 300, 320, 330));
        assertThat(fast.threads(7)).as("nothing to compare with").isEmpty();
        assertThat(choose(Optional.of(fast)).text()).isEqualTo("7 workers x 1 thread x 8 slots");
        Topology slow = choose(Optional.of(of(threads(1, 4, 6, 7, 7, 7, 7))));
        assertThat(slow.text()).isEqualTo("2 workers x 3 threads x 4 slots");
        assertThat(slow.reasons().getFirst().message())
                .isEqualTo(
                        "the weights are shared, and 3 threads for each give a stream about 12 tokens/s (estimated)");
    }

    private static Topology choose(Optional<Measurement> measurement) {
        long weights = 88L << 20;
        return TopologyPolicy.choose(new TopologyInputs(
                Wishes.NONE,
                new Processors(8, 1, 1),
                new MemoryRoom(256 * GIB, GIB, GIB, GIB / 8, 0, 0),
                new ModelSize(weights, weights),
                Accelerators.NONE,
                new StartFacts(true, false, false, false, false, true),
                measurement));
    }

    /** @param speeds with 1, 2, 4... streams */
    private static List<Speed> threads(int threads, double... speeds) {
        List<Speed> all = new ArrayList<>(List.of(new Speed(threads, 0, 1000)));
        for (int i = 0; i < speeds.length; i++) {
            all.add(new Speed(threads, STREAMS[i], speeds[i]));
        }
        return all;
    }

    @SafeVarargs
    private static Measurement of(List<Speed>... parts) {
        return new Measurement(
                java.util.Arrays.stream(parts).flatMap(List::stream).toList());
    }
}
