package io.quern.admission;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** What becomes of requests whose worker is lost. */
@ConfigMapping(prefix = "quern.migration")
public interface MigrationConfig {

    /**
     * How often in a row a request may go on elsewhere after the worker that it ran on was lost. The last of these moves is made alone,
     * with no other request on the worker: who gets on then is cleared and may move as often again, whose worker is lost again ends with
     * an error, as it is what they die of. 0: never.
     */
    @WithDefault("3")
    int limit();

    /**
     * How a request goes on behind the tokens that have been delivered. {@code exact}: they are computed again one by one, and the text is
     * what it would have been. {@code fast}: they are computed again in one go, with the prompt; the text may differ from there on.
     */
    @WithDefault("exact")
    MigrationMode mode();
}
