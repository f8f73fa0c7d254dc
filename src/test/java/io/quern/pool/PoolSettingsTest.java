package io.quern.pool;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.quern.TestConfig;
import io.quern.launch.WorkerConfig;
import io.quern.settings.Problems;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PoolSettingsTest {

    @Test
    void defaultsAreValid() {
        assertThatCode(() -> check(Map.of())).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "quern.pool.workers               | 0   | 0; it must be at least 1",
                "quern.pool.workers               | -2  | -2; it must be at least 1",
                "quern.pool.start-timeout         | 0s  | PT0S; it must be at least 1 ms",
                "quern.pool.hello-timeout         | 0s  | PT0S; it must be at least 1 ms",
                "quern.pool.stopped-timeout       | PT-1S | PT-1S; it must be 0 or more",
                "quern.pool.stop-patience         | PT-1S | PT-1S; it must be 0 or more",
                "quern.pool.restart.initial-delay | PT-1S | PT-1S; it must be 0 or more",
                "quern.pool.restart.max-delay     | PT-1S | PT-1S; it must be 0 or more",
                "quern.pool.restart.max-restarts  | -1  | -1; it must be at least 0",
                "quern.pool.restart.period        | 0s  | PT0S; it must be at least 1 ms",
                "quern.worker.slots               | 0   | 0; it must be from 1 to 256",
                "quern.worker.slots               | 257 | 257; it must be from 1 to 256",
                "quern.worker.context-length      | -1  | -1; it must be at least 0",
                "quern.worker.threads             | 0   | 0; it must be from 1 to 512",
                "quern.worker.most-threads        | 0   | 0; it must be from 1 to 512",
                "quern.worker.most-threads        | 513 | 513; it must be from 1 to 512",
                "quern.worker.step-time           | 0s  | 0; it must be from 1 to 60000",
                "quern.pool.standbys              | -1  | -1; it must be at least 0",
                "quern.worker.state-share         | 1.1 | 1.1; it must be from 0 to 1",
                "quern.worker.max-frame-bytes     | 1   | 1; it must be at least 1024",
            })
    void invalidValueIsOneErrorWithItsKey(String key, String value, String problem) {
        assertThatThrownBy(() -> check(Map.of(key, value)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(key + " is " + problem);
    }

    @ParameterizedTest
    @ValueSource(strings = {"auto", "1", "512"})
    void mostThreadsMayBeAutoOrNumber(String value) {
        assertThatCode(() -> check(Map.of("quern.worker.most-threads", value))).doesNotThrowAnyException();
    }

    @Test
    void allProblemsAreReportedAtOnce() {
        assertThatThrownBy(() -> check(Map.of("quern.pool.workers", "0", "quern.worker.slots", "257")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("quern.pool.workers is 0; it must be at least 1;"
                        + " quern.worker.slots is 257; it must be from 1 to 256");
    }

    private static void check(Map<String, String> values) {
        Problems problems = new Problems();
        PoolSettings.check(TestConfig.of(PoolConfig.class, values), problems);
        PoolSettings.check(TestConfig.of(WorkerConfig.class, values), problems);
        problems.refuse();
    }
}
