package io.quern.admission;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** Who may wait, how long, and what a slow reader may cost. */
@ConfigMapping(prefix = "quern.admission")
public interface AdmissionConfig {

    /**
     * Requests that may wait for a slot; beyond them the client that holds most gives way to one that holds less, or the newcomer gets
     * 429.
     */
    @WithDefault("64")
    int queueSize();

    /**
     * Tokens that those who wait may cost together, prompts (a token for each four characters) and bounded answers; one that waits alone
     * may cost more. 0: no bound.
     */
    @WithDefault("4000000")
    int queueTokens();

    /** How long a request may wait for a slot before it gets 503. */
    @WithDefault("60s")
    Duration timeout();

    /** How long a request may take from its submission to the end of its answer; clients may ask for less. Without it: no bound. */
    Optional<Duration> requestTimeout();

    /** Characters a stream holds for a client that reads more slowly than the model writes; beyond them it is ended. */
    @WithDefault("262144")
    int streamBuffer();
}
