package io.quern.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.time.EngineClock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SupervisorTest {

    @Test
    void throwingTaskDoesNotEndSupervision() throws InterruptedException {
        try (Supervisor supervisor = new Supervisor(EngineClock.system(), Optional.empty())) {
            CountDownLatch runs = new CountDownLatch(3);
            supervisor.every(Duration.ofMillis(1), () -> {
                runs.countDown();
                throw new OutOfMemoryError("broken on purpose");
            });
            assertThat(runs.await(60, TimeUnit.SECONDS)).isTrue();
        }
    }
}
