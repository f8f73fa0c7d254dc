package io.quern.pool;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import java.util.Optional;

/** Configures the store of computed prompt prefixes. */
@ConfigMapping(prefix = "quern.prefix")
public interface PrefixStoreConfig {

    /**
     * Memory for the states of computed prompt prefixes, for each model. Every worker of the model, a restarted one
     * too, gets the state of the longest known prefix of a prompt instead of computing it. By default 256M, or less if
     * memory is short; none with several models. 0: no store. Linux only; not with {@code inline}.
     */
    Optional<MemorySize> memory();
}
