package io.quern.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.cli.IdleTask.Need;
import io.quern.cli.IdleTask.Run;
import io.quern.time.ManualClock;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class IdleTasksTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private static final String RESULT = "result";

    private final ManualClock clock = new ManualClock();
    private final IdlePace pace = new IdlePace(SECOND.multipliedBy(10));
    private final Task red = new Task(pace);
    private final Task blue = new Task(pace);
    private final Task slow = new Task(new IdlePace(SECOND.multipliedBy(30)));
    private volatile boolean busy;
    private IdleTasks tasks = new IdleTasks(clock, List.of(red, blue), () -> busy);

    @AfterEach
    void close() {
        tasks.close();
    }

    @Test
    void idleEngineRunsOneTaskAfterTheOther() {
        tasks.begin();
        advance(9);
        assertThat(red.runs).isEmpty();
        advance(1);
        assertThat(red.runs).hasSize(1);
        advance(1);
        assertThat(blue.runs).as("only one at a time").isEmpty();
        red.end();
        advance(1);
        assertThat(red.successes).isEqualTo(1);
        assertThat(blue.runs).hasSize(1);
        blue.end();
        advance(1000);
        assertThat(red.runs).hasSize(1);
        assertThat(blue.runs).hasSize(1);
    }

    @Test
    void requestEndsTheTaskWhichStartsAgainLater() {
        blue.need = Need.NOTHING;
        tasks.begin();
        advance(10);
        busy = true;
        tasks.submitted();
        tasks.submitted();
        assertThat(red.runs.getFirst().stops).isEqualTo(1);
        advance(100);
        assertThat(red.runs).as("the request still runs").hasSize(1);
        assertThat(red.interruptions).isEqualTo(1);
        busy = false;
        advance(19);
        assertThat(red.runs).hasSize(1);
        advance(11);
        assertThat(red.runs).as("after twice the idle time").hasSize(2);
        red.end();
        advance(1);
        assertThat(red.successes).isEqualTo(1);
    }

    @Test
    void shortRequestDelaysTheTask() {
        tasks.begin();
        advance(8);
        tasks.submitted();
        advance(9);
        assertThat(red.runs).isEmpty();
        advance(1);
        assertThat(red.runs).hasSize(1);
    }

    @Test
    void requestThatComesDuringTheStartEndsTheTask() {
        red.atStart = tasks::submitted;
        tasks.begin();
        advance(10);
        assertThat(red.runs.getFirst().stops).isEqualTo(1);
    }

    @Test
    void taskThatTakesTooLongIsNotRepeated() {
        blue.need = Need.NOTHING;
        tasks.begin();
        advance(10);
        advance(19);
        assertThat(red.runs.getFirst().stops).isZero();
        advance(1);
        assertThat(red.runs.getFirst().stops).isEqualTo(1);
        advance(1000);
        assertThat(red.runs).hasSize(1);
        assertThat(red.overdue).isEqualTo(1);
        assertThat(red.failures).isZero();
    }

    @Test
    void failureDoesNotKeepTheNextTaskFromRunning() {
        red.refusal = new IOException("Cannot write to /home");
        tasks.begin();
        advance(10);
        advance(1);
        assertThat(red.runs).isEmpty();
        assertThat(blue.runs).hasSize(1);
        blue.runs.getFirst().result.completeExceptionally(new IOException("broken"));
        advance(1000);
        assertThat(blue.runs).hasSize(1);
        assertThat(blue.successes).isZero();
        assertThat(blue.failures).isEqualTo(1);
    }

    @Test
    void taskThatMustWaitRunsLater() {
        red.need = Need.WAIT;
        blue.need = Need.NOTHING;
        tasks.begin();
        advance(100);
        assertThat(red.runs).isEmpty();
        red.need = Need.START;
        advance(10);
        assertThat(red.runs).hasSize(1);
    }

    @Test
    void engineThatStopsEndsTheTask() {
        tasks.begin();
        advance(10);
        tasks.close();
        assertThat(red.runs.getFirst().stops).isEqualTo(1);
        advance(1000);
        assertThat(red.runs).hasSize(1);
    }

    @Test
    void taskThatWaitsLongerRunsLater() {
        with(slow, red);
        tasks.begin();
        advance(10);
        assertThat(slow.runs).isEmpty();
        assertThat(red.runs).hasSize(1);
        red.end();
        advance(19);
        assertThat(slow.runs).isEmpty();
        advance(1);
        assertThat(slow.runs).hasSize(1);
    }

    @Test
    void interruptionDelaysOnlyTasksOfTheSameKind() {
        with(red, blue, slow);
        tasks.begin();
        advance(10);
        tasks.submitted();
        advance(1);
        red.need = Need.NOTHING;
        advance(18);
        assertThat(blue.runs).isEmpty();
        advance(1);
        assertThat(blue.runs).as("after twice the idle time").hasSize(1);
        blue.end();
        advance(9);
        assertThat(slow.runs).isEmpty();
        advance(1);
        assertThat(slow.runs).as("after the usual idle time").hasSize(1);
    }

    @Test
    void taskThatCannotSayWhatItNeedsIsGivenUp() {
        red.need = null;
        tasks.begin();
        advance(10);
        assertThat(red.failures).isEqualTo(1);
        assertThat(blue.runs).hasSize(1);
    }

    private void with(Task... some) {
        tasks.close();
        tasks = new IdleTasks(clock, List.of(some), () -> busy);
    }

    private void advance(int seconds) {
        clock.advance(SECOND.multipliedBy(seconds));
    }

    /** A task that ends when the test says so. */
    private static final class Task implements IdleTask<String> {
        private final IdlePace pace;
        private final List<Attempt> runs = new ArrayList<>();
        private volatile Need need = Need.START;
        private volatile IOException refusal;
        private volatile Runnable atStart = () -> {};
        private volatile int successes;
        private volatile int interruptions;
        private volatile int overdue;
        private volatile int failures;

        Task(IdlePace pace) {
            this.pace = pace;
        }

        void end() {
            runs.getLast().result.complete(RESULT);
        }

        @Override
        public IdlePace pace() {
            return pace;
        }

        @Override
        public Duration limit() {
            return SECOND.multipliedBy(20);
        }

        @Override
        public Need need() {
            if (need == null) {
                throw new IllegalStateException("unknown");
            }
            return need;
        }

        @Override
        public Run<String> start() throws IOException {
            if (refusal != null) {
                throw refusal;
            }
            Attempt attempt = new Attempt();
            runs.add(attempt);
            atStart.run();
            return attempt;
        }

        @Override
        public void succeeded(String result) {
            assertThat(result).isEqualTo(RESULT);
            successes++;
        }

        @Override
        public void gaveWay() {
            interruptions++;
        }

        @Override
        public void overdue() {
            overdue++;
        }

        @Override
        public void failed(Throwable cause) {
            failures++;
        }
    }

    private static final class Attempt implements Run<String> {
        private final CompletableFuture<String> result = new CompletableFuture<>();
        private volatile int stops;

        @Override
        public CompletionStage<String> result() {
            return result;
        }

        @Override
        public void stop() {
            stops++;
            result.completeExceptionally(new IOException("killed"));
        }
    }
}
