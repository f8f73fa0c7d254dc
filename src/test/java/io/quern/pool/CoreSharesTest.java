package io.quern.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.wire.WorkerSettings;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CoreSharesTest {
    private static final OptionalDouble UNKNOWN = OptionalDouble.empty();

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            # workers | threads | most | computing | allowed
            2         | 1       | 2    | 1         | 2
            2         | 1       | 2    | 2         | 1
            7         | 1       | 5    | 1         | 5
            7         | 1       | 5    | 2         | 3
            7         | 1       | 5    | 3         | 2
            7         | 1       | 5    | 4         | 1
            7         | 1       | 5    | 7         | 1
            1         | 7       | 8    | 1         | 8
            2         | 3       | 8    | 1         | 8
            2         | 3       | 8    | 2         | 4
            3         | 2       | 8    | 3         | 2
            """)
    void computingWorkersShareTheCores(int workers, int threads, int most, int computing, int allowed) {
        assertThat(shares(workers, threads, most).allowed(computing, 0, UNKNOWN))
                .isEqualTo(allowed);
        assertThat(shares(workers, threads, most).allowed(computing, 0, OptionalDouble.of(64)))
                .isEqualTo(allowed);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            # idle | allowed of 1 to 8
            0      | 1
            0.5    | 1
            0.7    | 2
            1.5    | 2
            1.7    | 3
            4      | 5
            6.7    | 8
            64     | 8
            """)
    void coresOfOtherProgramsAreLeftToThem(double idle, int allowed) {
        assertThat(shares(8, 1, 8).allowed(1, 0, OptionalDouble.of(idle))).isEqualTo(allowed);
    }

    @Test
    void extraThreadsInUseCountAsIdle() {
        CoreShares shares = shares(8, 1, 8);
        assertThat(shares.allowed(1, 7, OptionalDouble.of(0))).isEqualTo(8);
        assertThat(shares.allowed(1, 2, OptionalDouble.of(0))).isEqualTo(3);
        assertThat(shares.allowed(1, 2, OptionalDouble.of(1.7))).isEqualTo(5);
    }

    @Test
    void computingWorkersDivideIdleCores() {
        assertThat(shares(8, 1, 8).allowed(2, 0, OptionalDouble.of(2))).isEqualTo(2);
        assertThat(shares(8, 1, 8).allowed(2, 2, OptionalDouble.of(0))).isEqualTo(2);
    }

    @Test
    void workersAlwaysKeepTheirThreads() {
        assertThat(shares(1, 7, 8).allowed(1, 0, OptionalDouble.of(0))).isEqualTo(7);
        assertThat(shares(2, 3, 6).allowed(5, 0, UNKNOWN)).isEqualTo(3);
        assertThat(shares(2, 3, 0).allowed(1, 0, OptionalDouble.of(64))).isEqualTo(3);
    }

    @Test
    void sharesVaryOnlyWithMoreThreads() {
        assertThat(shares(2, 1, 2).vary()).isTrue();
        assertThat(shares(2, 2, 2).vary()).isFalse();
        assertThat(shares(2, 2, 0).vary()).as("not configured").isFalse();
    }

    @Test
    void tightLimitOnThreadsLeavesNoneToShare() {
        // 64 in reserve, and for each of two workers 32 for its JVM and twice four
        assertThat(shares(2, 1, 4, OptionalLong.of(144)).vary()).isTrue();
        assertThat(shares(2, 1, 4, OptionalLong.of(143)).vary()).isFalse();
        assertThat(shares(2, 1, 4, OptionalLong.of(143)).allowed(1, 0, UNKNOWN)).isOne();
    }

    private static CoreShares shares(int workers, int threads, int most) {
        return shares(workers, threads, most, OptionalLong.empty());
    }

    private static CoreShares shares(int workers, int threads, int most, OptionalLong left) {
        return new CoreShares(
                workers,
                WorkerSettings.Computation.newBuilder()
                        .setThreads(threads)
                        .setMostThreads(most)
                        .build(),
                left);
    }
}
