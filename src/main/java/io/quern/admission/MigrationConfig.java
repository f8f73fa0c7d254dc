package io.quern.admission;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** Configures what happens to requests whose worker is lost. */
@ConfigMapping(prefix = "quern.migration")
public interface MigrationConfig {

    /**
     * How many times in a row a request may move to another worker after its worker was lost. On the last of these
     * moves it is the only request on the worker. If it then generates 16 more tokens, it is cleared and may move
     * again, at most this many times. If its worker is lost again, it fails. 0: requests never move.
     */
    @WithDefault("3")
    int limit();

    /**
     * How the next worker recomputes the tokens that were already delivered. {@code exact}: so that the text is the
     * same as without the loss, with some weights one by one. {@code fast}: all at once with the prompt, and the
     * rest of the text may differ.
     */
    @WithDefault("exact")
    MigrationMode mode();
}
