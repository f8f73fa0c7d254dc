package io.quern.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.pool.WorkerState.BackingOff;
import io.quern.pool.WorkerState.Draining;
import io.quern.pool.WorkerState.Failed;
import io.quern.pool.WorkerState.GivenUp;
import io.quern.pool.WorkerState.Parked;
import io.quern.pool.WorkerState.Ready;
import io.quern.pool.WorkerState.Starting;
import io.quern.pool.WorkerState.Stopped;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Transitions are verbs of the state they leave, so one that is not legal cannot be written down: no pair has a verb but these. */
class WorkerStateTest {
    private static final Map<Class<?>, Set<Class<?>>> LEGAL = Map.of(
            Starting.class, Set.of(Starting.class, Ready.class, Failed.class, Draining.class),
            Ready.class, Set.of(Failed.class, Draining.class, Parked.class),
            Parked.class, Set.of(),
            Draining.class, Set.of(Stopped.class),
            Stopped.class, Set.of(),
            Failed.class, Set.of(Failed.class, BackingOff.class, GivenUp.class, Draining.class),
            BackingOff.class, Set.of(BackingOff.class, Starting.class, Stopped.class),
            GivenUp.class, Set.of(Stopped.class));

    static Stream<Arguments> pairs() {
        List<Class<?>> states = Arrays.asList(WorkerState.class.getPermittedSubclasses());
        return states.stream().flatMap(from -> states.stream().map(to -> Arguments.of(from, to)));
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void onlyLegalTransitionsHaveAVerb(Class<?> from, Class<?> to) {
        assertThat(exits(from).contains(to)).isEqualTo(LEGAL.get(from).contains(to));
    }

    private static Set<Class<?>> exits(Class<?> state) {
        return Arrays.stream(state.getDeclaredMethods())
                .filter(method -> !Modifier.isStatic(method.getModifiers()))
                .<Class<?>>map(method -> method.getReturnType())
                .filter(WorkerState.class::isAssignableFrom)
                .collect(Collectors.toSet());
    }
}
