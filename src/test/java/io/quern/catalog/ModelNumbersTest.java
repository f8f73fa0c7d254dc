package io.quern.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quern.TestConfig;
import io.quern.launch.WorkerConfig;
import io.quern.pool.PoolConfig;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** The numbers of one model, and the engine's, which may be auto. */
class ModelNumbersTest {
    private static final PoolConfig POOL = TestConfig.of(PoolConfig.class, Map.of("quern.pool.workers", "4"));
    private static final WorkerConfig WORKER = TestConfig.of(WorkerConfig.class, Map.of("quern.worker.threads", "3"));

    @Test
    void missingNumberIsTheEngines() {
        ModelsConfig.Entry one = entry(Map.of());
        assertThat(new ModelPoolConfig(POOL, one).workers()).hasValue(4);
        assertThat(new ModelWorkerConfig(WORKER, one).threads()).hasValue(3);
        assertThat(new ModelWorkerConfig(WORKER, one).slots())
                .as("auto by default")
                .isEmpty();
    }

    @Test
    void autoOverridesTheEnginesNumber() {
        ModelsConfig.Entry one = entry(Map.of("workers", "auto", "threads", "auto", "slots", "7"));
        assertThat(new ModelPoolConfig(POOL, one).workers()).isEmpty();
        assertThat(new ModelWorkerConfig(WORKER, one).threads()).isEmpty();
        assertThat(new ModelWorkerConfig(WORKER, one).slots()).hasValue(7);
    }

    @Test
    void otherWordsAreRefused() {
        assertThatThrownBy(() -> entry(Map.of("workers", "all")))
                .hasMessageContaining("workers")
                .hasMessageContaining("\"all\" is not a whole number and not auto");
        assertThat(TestConfig.of(PoolConfig.class, Map.of("quern.pool.workers", " auto "))
                        .workers())
                .isEqualTo(OptionalInt.empty());
    }

    private static ModelsConfig.Entry entry(Map<String, String> keys) {
        Map<String, String> all = new HashMap<>(Map.of("quern.models.one.model", "demo"));
        keys.forEach((key, value) -> all.put("quern.models.one." + key, value));
        return TestConfig.of(ModelsConfig.class, all).byName().get("one");
    }
}
