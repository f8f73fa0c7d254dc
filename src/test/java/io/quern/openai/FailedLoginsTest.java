package io.quern.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.TestConfig;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FailedLoginsTest {
    private static final Logger LOGGER = Logger.getLogger(FailedLogins.class.getName());

    private final List<String> lines = new ArrayList<>();
    private final List<Runnable> pending = new ArrayList<>();
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord line) {
            lines.add(new java.util.logging.SimpleFormatter().formatMessage(line));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };
    private Instant now = Instant.EPOCH;

    @BeforeEach
    void listen() {
        LOGGER.addHandler(handler);
    }

    @AfterEach
    void leave() {
        LOGGER.removeHandler(handler);
    }

    private FailedLogins logins(Map<String, String> keys) {
        return new FailedLogins(
                TestConfig.of(OpenAiConfig.class, keys).failedLogins(), () -> now, (delay, task) -> pending.add(task));
    }

    private static FailedLogins wrong(FailedLogins logins, String address, int times) {
        for (int i = 0; i < times; i++) {
            assertThat(logins.failed(address, true)).isEmpty();
        }
        return logins;
    }

    @Test
    void addressBeyondLimitIsThrottledUntilWindowEnds() {
        FailedLogins logins = wrong(logins(Map.of()), "10.0.0.1", 10);
        now = now.plusSeconds(20);
        assertThat(logins.failed("10.0.0.1", true)).contains(Duration.ofSeconds(40));
        assertThat(logins.failed("10.0.0.2", true)).isEmpty();
        now = now.plusSeconds(40);
        assertThat(logins.failed("10.0.0.1", true)).isEmpty();
    }

    @Test
    void requestWithoutKeyCountsAsNoGuess() {
        FailedLogins logins = logins(Map.of());
        for (int i = 0; i < 100; i++) {
            assertThat(logins.failed("10.0.0.1", false)).isEmpty();
        }
        assertThat(logins.failed("10.0.0.1", true)).isEmpty();
    }

    @Test
    void fullTableForgetsLongestQuietAddress() {
        FailedLogins logins = logins(
                Map.of("quern.openai.failed-logins.max-addresses", "2", "quern.openai.failed-logins.limit", "1"));
        wrong(logins, "10.0.0.1", 1);
        wrong(logins, "10.0.0.2", 1);
        wrong(logins, "10.0.0.3", 1);
        assertThat(logins.failed("10.0.0.2", true)).isPresent();
        assertThat(logins.failed("10.0.0.1", true)).isEmpty();
    }

    @Test
    void floodLogsOneLinePerInterval() {
        FailedLogins logins = logins(Map.of());
        logins.failed("10.0.0.9", true);
        assertThat(lines).containsExactly("Refused requests without a valid API key (1): 1 from 10.0.0.9");
        lines.clear();
        for (int i = 0; i < 1000; i++) {
            logins.failed("10.0.0." + i % 5, true);
        }
        assertThat(lines).isEmpty();
        assertThat(pending).hasSize(1);
        now = now.plusSeconds(10);
        pending.removeFirst().run();
        assertThat(lines)
                .hasSize(1)
                .first()
                .asString()
                .startsWith("Refused requests without a valid API key (1000): 200 from 10.0.0.")
                .endsWith(" and others from 2 more addresses");
        assertThat(pending).isEmpty();
    }

    @Test
    void delayedAnswersAreBounded() {
        FailedLogins logins = logins(Map.of("quern.openai.failed-logins.max-delayed", "1"));
        assertThat(logins.beginDelay()).contains(Duration.ofSeconds(1));
        assertThat(logins.beginDelay()).isEmpty();
        logins.endDelay();
        assertThat(logins.beginDelay()).isPresent();
    }

    @ParameterizedTest
    @CsvSource(
            value = {
                "10.0.0.1, 10.0.0.1",
                "2001:db8:1:2:3:4:5:6, 2001:db8:1:2:0:0:0:0/64",
                "2001:db8:1:2::7, 2001:db8:1:2:0:0:0:0/64",
                "::ffff:10.0.0.1, 10.0.0.1",
                "evil\u001b[2J, an unknown address",
                "example.org, an unknown address",
                "-, an unknown address"
            },
            nullValues = "-")
    void addressIsLoggedAsNetworkOrUnknown(String address, String network) {
        assertThat(FailedLogins.network(address)).isEqualTo(network);
    }
}
