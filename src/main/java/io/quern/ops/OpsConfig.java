package io.quern.ops;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What operators get to see over HTTP. */
@ConfigMapping(prefix = "quern.ops")
public interface OpsConfig {
    /** {@link #enabled}, for the annotation that asks for it at start-up. */
    String ENABLED = "quern.ops.enabled";

    /**
     * Whether /health, /metrics and /q/quern answer. Read at start-up. Health checks and metrics are Quarkus' to switch off.
     */
    @WithDefault("true")
    boolean enabled();

    /** How often a comment is written to readers of GET /q/quern/pool/events, so that no proxy takes a quiet one for dead. 0: never. */
    @WithDefault("15s")
    Duration streamKeepAlive();

    /**
     * Keys of operators ({@code Authorization: Bearer KEY}), as in {@code quern.openai.api-keys}. With them /q/quern asks for one, and on the
     * main port /metrics too. Without them the management interface is open; the main port refuses both if the API asks for keys.
     */
    Optional<List<String>> apiKeys();

    /** Readers of GET /q/quern/pool/events at the same time. For one more, the oldest at the address with most readers is ended. */
    @WithDefault("16")
    int maxEventStreams();
}
