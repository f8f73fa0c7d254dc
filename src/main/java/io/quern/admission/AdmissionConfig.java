package io.quern.admission;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Who may wait, how long, and what a slow reader may cost. */
@ConfigMapping(prefix = "quern.admission")
public interface AdmissionConfig {

    /** Requests that may wait for a slot; one more gets 429. */
    @WithDefault("64")
    int queueSize();

    /** How long a request may wait for a slot before it gets 503. */
    @WithDefault("60s")
    Duration timeout();

    /** Characters a stream holds for a client that reads more slowly than the model writes; beyond them it is ended. */
    @WithDefault("262144")
    int streamBuffer();
}
