package io.quern.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class HeapWatchTest {
    @Test
    void exhaustedHeapIsReportedOnce() {
        AtomicInteger samples = new AtomicInteger();
        AtomicInteger reports = new AtomicInteger();
        HeapWatch.watch(
                () -> {
                    if (samples.incrementAndGet() == 3) {
                        throw new OutOfMemoryError("Java heap space");
                    }
                    return samples;
                },
                reports::incrementAndGet,
                Duration.ZERO);
        assertThat(samples).hasValue(3);
        assertThat(reports).hasValue(1);
    }
}
