package io.quern.cli;

import io.quern.embed.FurtherConfiguration;
import jakarta.inject.Singleton;
import java.util.List;

/** The keys that make sense only where Quern is the application. */
@Singleton
final class OwnConfiguration implements FurtherConfiguration {

    @Override
    public List<Class<?>> mappings() {
        return List.of(ShutdownConfig.class);
    }
}
