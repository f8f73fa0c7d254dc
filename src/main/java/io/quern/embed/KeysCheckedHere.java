package io.quern.embed;

import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.SmallRyeConfigBuilderCustomizer;

/**
 * Leaves unknown keys below {@code quern.} to {@link ConfigurationCheck}, which names the nearest known one. All other keys of an
 * embedding application are checked as it has it configured.
 */
public final class KeysCheckedHere implements SmallRyeConfigBuilderCustomizer {

    @Override
    public void configBuilder(SmallRyeConfigBuilder builder) {
        builder.withMappingIgnore("quern.**");
    }
}
