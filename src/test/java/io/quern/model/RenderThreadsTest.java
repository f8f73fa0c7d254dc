package io.quern.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

class RenderThreadsTest {

    @Test
    void endlessWorkIsAbandonedAndOthersContinue() throws Exception {
        RenderThreads threads = new RenderThreads(2);
        CountDownLatch interrupted = new CountDownLatch(1);
        CountDownLatch released = new CountDownLatch(1);
        assertThatExceptionOfType(TimeoutException.class)
                .isThrownBy(() -> threads.call(() -> stubborn(interrupted, released), Duration.ofMillis(50)));

        interrupted.await();
        assertThat(threads.call(() -> "done", Duration.ofMinutes(1))).isEqualTo("done");
        released.countDown();
    }

    @Test
    void callersTimeOutIfAllThreadsHang() {
        RenderThreads threads = new RenderThreads(1);
        CountDownLatch released = new CountDownLatch(1);
        for (int i = 0; i < 3; i++) {
            assertThatExceptionOfType(TimeoutException.class)
                    .isThrownBy(
                            () -> threads.call(() -> stubborn(new CountDownLatch(1), released), Duration.ofMillis(50)));
        }
        released.countDown();
    }

    @Test
    void exceptionOfWorkReachesCaller() {
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> new RenderThreads(1)
                        .call(
                                () -> {
                                    throw new IllegalStateException("broken");
                                },
                                Duration.ofMinutes(1)))
                .withRootCauseInstanceOf(IllegalStateException.class);
    }

    /** Ignores interrupts. */
    private static String stubborn(CountDownLatch interrupted, CountDownLatch released) {
        while (released.getCount() > 0) {
            try {
                released.await();
            } catch (InterruptedException e) {
                interrupted.countDown();
            }
        }
        return "late";
    }
}
