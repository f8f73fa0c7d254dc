package io.quern.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ModelStateTest {
    private static final List<ModelState> ALL = List.of(
            new ModelState.NotLoaded(),
            new ModelState.Fetching("40%"),
            new ModelState.AwaitingMemory("too little"),
            new ModelState.Loading(),
            new ModelState.Ready(Duration.ZERO),
            new ModelState.Unloading("idle"),
            new ModelState.Failed("broken", Instant.EPOCH));

    @Test
    void loadedModelIsUnloadedBeforeItIsLoadedAgain() {
        assertThat(new ModelState.Ready(Duration.ZERO).exits())
                .containsExactlyInAnyOrder(ModelState.Unloading.class, ModelState.Failed.class);
        assertThat(new ModelState.Unloading("idle").exits()).containsExactly(ModelState.NotLoaded.class);
    }

    @Test
    void onlyLoadingBecomesReady() {
        assertThat(ALL.stream().filter(state -> state.exits().contains(ModelState.Ready.class)))
                .containsExactly(new ModelState.Loading());
    }

    @Test
    void everyStateHasAnExitAndALabelOfItsOwn() {
        assertThat(ALL).allSatisfy(state -> assertThat(state.exits()).isNotEmpty());
        assertThat(ALL.stream().map(ModelState::label)).doesNotHaveDuplicates();
    }
}
