package io.quern.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quern.time.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class WorkerLifecycleTest {
    private final ManualClock clock = new ManualClock();
    private final AtomicInteger changes = new AtomicInteger();
    private final List<PoolEvent> events = new ArrayList<>();
    private final WorkerLifecycle lifecycle = new WorkerLifecycle(3, clock, changes::incrementAndGet, events::add);

    @Test
    void changeIsAnEventAndResetsTheAge() {
        clock.advance(Duration.ofSeconds(5));
        lifecycle.transition(new WorkerState.Ready(), 4711L);
        assertThat(events).containsExactly(new PoolEvent(clock.instant(), 3, "starting", "ready", null, 4711L));
        assertThat(changes).hasValue(1);
        assertThat(lifecycle.age()).isZero();
        assertThat(lifecycle.since()).isEqualTo(clock.instant());
    }

    @Test
    void progressIsAnEventAndKeepsTheAge() {
        Instant start = clock.instant();
        clock.advance(Duration.ofSeconds(5));
        lifecycle.transition(new WorkerState.Starting("load", 0.25), null);
        assertThat(events).containsExactly(new PoolEvent(clock.instant(), 3, "starting", "starting", "load 25%", null));
        assertThat(changes).hasValue(0);
        assertThat(lifecycle.age()).isEqualTo(Duration.ofSeconds(5));
        assertThat(lifecycle.since()).isEqualTo(start);
    }

    @Test
    void illegalTransitionThrowsAndChangesNothing() {
        lifecycle.transition(new WorkerState.Failed("lost"), null);
        assertThatThrownBy(() -> lifecycle.transition(new WorkerState.Ready(), null))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("worker 3 is failed and cannot become ready");
        assertThat(lifecycle.state()).isEqualTo(new WorkerState.Failed("lost"));
        assertThat(events).hasSize(1);
    }
}
