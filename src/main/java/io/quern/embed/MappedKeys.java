package io.quern.embed;

import io.smallrye.config.ConfigMappings;
import io.smallrye.config.ConfigMappings.ConfigClass;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Lists the keys of {@code @ConfigMapping}s. For use in static initialisers: these run while a native executable is
 * built, when the methods of the mappings can still be inspected.
 */
public final class MappedKeys {
    private final Map<String, Type> types = new TreeMap<>();

    private MappedKeys(List<Class<?>> mappings) {
        mappings.forEach(mapping -> ConfigMappings.getProperties(ConfigClass.configClass(mapping))
                .forEach((key, property) -> types.put(key, property.getMethod().getGenericReturnType())));
        // a list appears twice, as a whole and by its elements
        types.keySet().removeIf(key -> key.endsWith("[*]"));
    }

    /**
     * Returns the keys of mappings.
     *
     * @param mappings interfaces with the annotation {@code @ConfigMapping}
     */
    public static Set<String> of(List<Class<?>> mappings) {
        return in(mappings).all();
    }

    static MappedKeys in(List<Class<?>> mappings) {
        return new MappedKeys(mappings);
    }

    Set<String> all() {
        return Set.copyOf(types.keySet());
    }

    Set<String> booleans() {
        return having(type -> type == boolean.class);
    }

    /** Returns the keys that need not be set and have no default. */
    Set<String> optional() {
        return having(type -> type.getTypeName().startsWith("java.util.Optional"));
    }

    Set<String> paths() {
        return having(type -> type.getTypeName().contains("java.nio.file.Path"));
    }

    private Set<String> having(Predicate<Type> kind) {
        return types.entrySet().stream()
                .filter(entry -> kind.test(entry.getValue()))
                .map(Map.Entry::getKey)
                .collect(Collectors.toUnmodifiableSet());
    }
}
