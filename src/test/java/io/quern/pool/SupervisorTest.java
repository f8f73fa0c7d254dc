package io.quern.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.time.EngineClock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SupervisorTest {

    @Test
    void throwingTaskDoesNotEndSupervision() throws InterruptedException {
        try (Supervisor supervisor = new Supervisor(EngineClock.system(), Optional.empty())) {
            CountDownLatch runs = new CountDownLatch(3);
            CountDownLatch others = new CountDownLatch(3);
            Runnable broken = () -> {
                runs.countDown();
                throw new OutOfMemoryError("broken on purpose");
            };
            supervisor.every(Duration.ofMillis(1), List.of(broken, others::countDown));
            assertThat(runs.await(60, TimeUnit.SECONDS)).isTrue();
            assertThat(others.await(60, TimeUnit.SECONDS))
                    .as("the task after it")
                    .isTrue();
        }
    }
}
