package io.quern.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class HeapWatchTest {
    private static final long MAX = 256 << 20;

    private final AtomicInteger looks = new AtomicInteger();
    private final AtomicInteger allocations = new AtomicInteger();
    private final AtomicInteger reports = new AtomicInteger();

    @Test
    void failedAllocationEndsTheProcess() {
        watch(1, Integer.MAX_VALUE, true);
        assertThat(reports).hasValue(1);
        assertThat(allocations).hasValue(1);
    }

    @Test
    void permanentlyFullHeapEndsTheProcess() {
        watch(1, Integer.MAX_VALUE, false);
        assertThat(reports).hasValue(1);
        assertThat(allocations).hasValue(3);
    }

    @Test
    void heapWithRoomCausesNoAllocation() {
        watch(MAX / 2, 10, true);
        assertThat(reports).hasValue(0);
        assertThat(allocations).hasValue(0);
    }

    /** @param last the check at which the watching thread is interrupted */
    private void watch(long free, int last, boolean fails) {
        HeapWatch.watch(
                new HeapWatch.Heap() {
                    @Override
                    public long max() {
                        return MAX;
                    }

                    @Override
                    public long free() {
                        if (looks.incrementAndGet() == last) {
                            Thread.currentThread().interrupt();
                        }
                        return free;
                    }

                    @Override
                    public Object allocate(int bytes) {
                        allocations.incrementAndGet();
                        if (fails) {
                            throw new OutOfMemoryError("Java heap space");
                        }
                        return bytes;
                    }
                },
                reports::incrementAndGet,
                Duration.ZERO);
    }
}
