package io.quern;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.util.Map;

/** Configures the application under test to serve the demo model from a small worker. */
public final class ServedDemo implements QuarkusTestResourceLifecycleManager {
    @Override
    public Map<String, String> start() {
        return Map.of(
                "quern.model", "demo",
                "quern.home", "target/test-home",
                "quern.worker.slots", "2",
                "quern.worker.context-length", "256",
                "quarkus.http.test-port", "0");
    }

    @Override
    public void stop() {}
}
