package io.quern.admission;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Limits requests for tokens and texts ({@code /tokenize}, {@code /detokenize}). */
@ConfigMapping(prefix = "quern.tokenize")
public interface TokenizeConfig {

    /** Longest text in characters, a rendered chat included, and largest number of tokens. */
    @WithDefault("200000")
    int maxLength();

    /** Requests for tokens and texts that may wait for a model's workers. */
    @WithDefault("64")
    int queueSize();

    /** Longest time from such a request to its answer. Clients can ask for less. */
    @WithDefault("30s")
    Duration timeout();

    /**
     * Workers that such a request may end in a row, while they run nothing else. If so many are lost, the request is to
     * blame and fails.
     */
    @WithDefault("3")
    int maxLosses();
}
