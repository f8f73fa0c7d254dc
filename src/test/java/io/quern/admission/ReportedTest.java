package io.quern.admission;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ReportedTest {
    private final Reported reported = new Reported();

    @Test
    void nothingIsSkippedOnOneWorker() {
        assertThat(reported.skip(8)).isZero();
        assertThat(reported.skip(3)).isZero();
    }

    @Test
    void nextWorkerSkipsWhatWasReported() {
        reported.skip(8);
        reported.skip(3);
        reported.again();
        assertThat(reported.skip(8)).isEqualTo(8);
        assertThat(reported.skip(8)).isEqualTo(3);
        assertThat(reported.skip(8)).isZero();
        reported.again();
        assertThat(reported.skip(30)).isEqualTo(24);
    }
}
