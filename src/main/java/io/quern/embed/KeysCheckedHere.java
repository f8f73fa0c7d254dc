package io.quern.embed;

import io.quern.openai.LiteralKeys;
import io.smallrye.config.ConfigSourceInterceptorFactory;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.SmallRyeConfigBuilderCustomizer;

/**
 * Adds the checks of {@code quern.*} values to every configuration. It leaves unknown keys below {@code quern.} to
 * {@link ConfigurationCheck}, which suggests the nearest known key. All other keys of an embedding application are
 * checked as the application has configured.
 */
public final class KeysCheckedHere implements SmallRyeConfigBuilderCustomizer {

    @Override
    public void configBuilder(SmallRyeConfigBuilder builder) {
        builder.withMappingIgnore("quern.**");
        builder.withInterceptorFactories(new ConfiguredValues());
        builder.withInterceptorFactories(LiteralKeys.interceptors().toArray(ConfigSourceInterceptorFactory[]::new));
    }
}
