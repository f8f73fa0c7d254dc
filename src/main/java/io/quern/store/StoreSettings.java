package io.quern.store;

import io.quern.settings.Problems;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/** The limits of downloads, checked before anything is started. */
@Singleton
final class StoreSettings {
    private static final int MOST_CONNECTIONS = 64;
    private static final int MOST_ATTEMPTS = 1000;

    private final StoreConfig config;

    StoreSettings(StoreConfig config) {
        this.config = config;
    }

    void check(@Observes Problems problems) {
        check(config, problems);
    }

    static void check(StoreConfig config, Problems problems) {
        problems.of("quern.store.connections").within(1, MOST_CONNECTIONS, config.connections());
        problems.of("quern.store.attempts").within(1, MOST_ATTEMPTS, config.attempts());
        problems.of("quern.store.connect-timeout").positive(config.connectTimeout());
        problems.of("quern.store.read-timeout").positive(config.readTimeout());
        problems.of("quern.store.max-delay").notNegative(config.maxDelay());
        problems.of("quern.store.free-space").atLeast(0, config.freeSpace().asLongValue());
        problems.of("quern.store.keep-partial").notNegative(config.keepPartial());
    }
}
