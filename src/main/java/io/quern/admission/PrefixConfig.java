package io.quern.admission;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** Configures which requests may reuse a computed prompt prefix. */
@ConfigMapping(prefix = "quern.prefix")
public interface PrefixConfig {

    /**
     * Which requests may reuse the prompt prefix that a worker has already computed. {@code client}: those of the same
     * API key or, without keys, of the same address. {@code shared}: all, so a client can find out how other clients'
     * prompts begin from its time to first token. {@code none}: no other request.
     */
    @WithDefault("client")
    PrefixReuse scope();
}
