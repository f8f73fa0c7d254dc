package io.quern.ops;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Configures what operators can read over HTTP. */
@ConfigMapping(prefix = "quern.ops")
public interface OpsConfig {
    /** The key of {@link #enabled}, for the annotation that reads it at start-up. */
    String ENABLED = "quern.ops.enabled";

    /**
     * Whether the engine serves /health, /metrics and /q/quern. Read at start-up. Quarkus has keys of its own for its
     * health checks and metrics.
     */
    @WithDefault("true")
    boolean enabled();

    /**
     * How often readers of GET /q/quern/pool/events get a comment, so that proxies do not close an idle stream. 0:
     * never.
     */
    @WithDefault("15s")
    Duration streamKeepAlive();

    /**
     * Keys of operators ({@code Authorization: Bearer KEY}), in the syntax of {@code quern.openai.api-keys}. If they
     * are set, /q/quern requires one, and so does /metrics on the main port. Otherwise the management interface is
     * open, and the main port refuses both if the API requires keys.
     */
    Optional<List<String>> apiKeys();

    /**
     * Readers of GET /q/quern/pool/events at the same time. One more ends the oldest reader of the address with most
     * readers. 0: none.
     */
    @WithDefault("16")
    int maxEventStreams();
}
