package io.quern.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.pool.WorkerState.BackingOff;
import io.quern.pool.WorkerState.GivenUp;
import io.quern.pool.WorkerState.Parked;
import io.quern.pool.WorkerState.Ready;
import io.quern.pool.WorkerState.Starting;
import io.quern.pool.WorkerState.Stopped;
import java.lang.reflect.Modifier;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Tests all transitions together. Each is a method of the state that it leaves, so the types allow no other. */
class WorkerStateTest {
    private static final Set<Class<?>> STATES = Set.of(WorkerState.class.getPermittedSubclasses());

    @Test
    void everyStateLeadsToStopped() {
        // the process of a parked worker belongs to the next application
        assertThat(STATES)
                .filteredOn(state -> state != Parked.class && state != Stopped.class)
                .allSatisfy(state -> assertThat(reachable(state)).contains(Stopped.class));
    }

    @Test
    void onlyFinalStatesHaveNoExit() {
        assertThat(STATES)
                .filteredOn(state -> exits(state).isEmpty())
                .containsExactlyInAnyOrder(Stopped.class, Parked.class);
    }

    @Test
    void onlyAStartingWorkerBecomesReady() {
        assertThat(entries(Ready.class)).containsExactly(Starting.class);
    }

    @Test
    void lostWorkerRestartsOnlyAfterItsDelay() {
        assertThat(entries(Starting.class)).containsExactlyInAnyOrder(Starting.class, BackingOff.class);
    }

    @Test
    void givenUpWorkerNeverServesAgain() {
        assertThat(reachable(GivenUp.class)).containsExactly(Stopped.class);
    }

    @Test
    void exitsMatchTheMethodsOfEachState() {
        assertThat(List.of(
                        new Starting("load", 0.5),
                        new Ready(),
                        new Parked(),
                        new WorkerState.Draining(),
                        new Stopped(),
                        new WorkerState.Failed("cause"),
                        new BackingOff("cause", Instant.EPOCH),
                        new GivenUp("cause")))
                .hasSameSizeAs(STATES)
                .allSatisfy(state -> assertThat(state.exits()).isEqualTo(exits(state.getClass())));
    }

    private static Set<Class<?>> reachable(Class<?> state) {
        Set<Class<?>> reached = new HashSet<>();
        Deque<Class<?>> next = new ArrayDeque<>(exits(state));
        while (!next.isEmpty()) {
            Class<?> one = next.pop();
            if (reached.add(one)) {
                next.addAll(exits(one));
            }
        }
        return reached;
    }

    private static Set<Class<?>> entries(Class<?> state) {
        return STATES.stream().filter(from -> exits(from).contains(state)).collect(Collectors.toSet());
    }

    private static Set<Class<?>> exits(Class<?> state) {
        return Arrays.stream(state.getDeclaredMethods())
                .filter(method -> !Modifier.isStatic(method.getModifiers()))
                .<Class<?>>map(method -> method.getReturnType())
                .filter(WorkerState.class::isAssignableFrom)
                .collect(Collectors.toSet());
    }
}
