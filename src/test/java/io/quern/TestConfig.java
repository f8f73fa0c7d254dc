package io.quern;

import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.Map;

/** Creates configurations as the engine reads them. */
public final class TestConfig {
    private TestConfig() {}

    /** @param keys the configured keys; all others have their defaults */
    public static <T> T of(Class<T> mapping, Map<String, String> keys) {
        return new SmallRyeConfigBuilder()
                .withMapping(mapping)
                // finds Quarkus' converters, which read "2s" and "10M"
                .addDiscoveredConverters()
                .withDefaultValues(keys)
                .build()
                .getConfigMapping(mapping);
    }
}
