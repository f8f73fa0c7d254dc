package io.quern.cli;

import io.quern.embed.FurtherConfiguration;
import io.quern.embed.MappedKeys;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Set;

/** Provides the keys that apply only if Quern is the application. */
@Singleton
final class OwnConfiguration implements FurtherConfiguration {
    private static final Set<String> KEYS =
            MappedKeys.of(List.of(ShutdownConfig.class, HttpConfig.class, CalibrationConfig.class));

    @Override
    public Set<String> keys() {
        return KEYS;
    }
}
