package io.quern.admission;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** Who may profit from a prompt that has been computed. */
@ConfigMapping(prefix = "quern.prefix")
public interface PrefixConfig {

    /**
     * Which requests may use what a worker's slot still holds of an earlier prompt. {@code client}: those of the same API key or,
     * without keys, of the same address. {@code shared}: all; a client can then find out by the time its first token takes how another
     * one's prompt begins. {@code none}: no other request.
     */
    @WithDefault("client")
    PrefixReuse scope();
}
