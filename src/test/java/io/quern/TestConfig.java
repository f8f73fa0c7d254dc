package io.quern;

import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.Map;

/** A configuration as the engine would read it. */
public final class TestConfig {
    private TestConfig() {}

    /** @param keys what is configured; the rest is as by default */
    public static <T> T of(Class<T> mapping, Map<String, String> keys) {
        return new SmallRyeConfigBuilder()
                .withMapping(mapping)
                // Quarkus' converters, which read "2s" and "10M", are found as they are at run time
                .addDiscoveredConverters()
                .withDefaultValues(keys)
                .build()
                .getConfigMapping(mapping);
    }
}
