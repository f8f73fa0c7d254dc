package io.quern.embed;

import io.smallrye.config.ConfigMappings;
import io.smallrye.config.ConfigMappings.ConfigClass;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The keys of {@code @ConfigMapping}s. To be asked in static initialisers: those run while a native executable is built, where the
 * mappings' methods can still be looked at.
 */
public final class MappedKeys {
    private MappedKeys() {}

    /** @param mappings interfaces that are {@code @ConfigMapping}s */
    public static Set<String> of(List<Class<?>> mappings) {
        Set<String> keys = new TreeSet<>();
        mappings.forEach(mapping -> keys.addAll(
                ConfigMappings.getProperties(ConfigClass.configClass(mapping)).keySet()));
        // a list stands there twice, as a whole and by its elements
        keys.removeIf(key -> key.endsWith("[*]"));
        return Set.copyOf(keys);
    }
}
