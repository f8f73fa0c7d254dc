package io.quern.admission;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** Limits waiting requests, the duration of a request, and what a slow reader may cost. */
@ConfigMapping(prefix = "quern.admission")
public interface AdmissionConfig {

    /**
     * Requests that may wait for a slot. When the queue is full, the client with most requests in it loses one to a
     * client with fewer, or the new request gets 429.
     */
    @WithDefault("64")
    int queueSize();

    /**
     * Total cost of all waiting requests in tokens, an estimate: one token for each four characters of the prompt, plus
     * {@code max_tokens} if the request has it. A single waiting request may cost more. 0: no limit.
     */
    @WithDefault("4000000")
    int queueTokens();

    /** A request that has waited this long for a slot gets 503. */
    @WithDefault("60s")
    Duration timeout();

    /**
     * Longest time from the submission of a request to the end of its answer. Clients can ask for less. By default
     * there is no limit.
     */
    Optional<Duration> requestTimeout();

    /**
     * Characters that a stream buffers for a client that reads more slowly than the model writes. If it needs more, it
     * ends.
     */
    @WithDefault("262144")
    int streamBuffer();
}
