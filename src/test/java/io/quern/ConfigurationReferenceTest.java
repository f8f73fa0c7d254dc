package io.quern;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithParentName;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Checks that docs/reference/configuration.md lists exactly the keys of the code, with their types and defaults. */
class ConfigurationReferenceTest {
    private static final Path REFERENCE = Path.of("docs/reference/configuration.md");
    private static final Pattern ROW =
            Pattern.compile("^\\| `(quern\\.[^`]+)` \\| ([^|]+) \\| ([^|]+) \\| ([^|]+) \\|$");
    private static final String NONE = "-";

    private record Key(String type, String defaultValue) {}

    @Test
    void referenceListsExactlyTheKeysOfTheCode() throws IOException {
        Map<String, Key> listed = listed();
        assertThat(listed).isEqualTo(keys());
        assertThat(listed.size()).isGreaterThan(25);
    }

    private static Map<String, Key> listed() throws IOException {
        Map<String, Key> listed = new TreeMap<>();
        for (String line : Files.readAllLines(REFERENCE)) {
            Matcher row = ROW.matcher(line);
            if (row.matches()) {
                assertThat(row.group(4).strip())
                        .as("meaning of %s", row.group(1))
                        .isNotEmpty();
                String defaultValue = row.group(3).strip().replace("`", "");
                listed.put(row.group(1), new Key(row.group(2).strip(), defaultValue));
            }
        }
        return listed;
    }

    private static Map<String, Key> keys() {
        Map<String, Key> keys = new TreeMap<>();
        for (JavaClass mapping : new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("io.quern")) {
            if (mapping.isAnnotatedWith(ConfigMapping.class)) {
                Class<?> type = mapping.reflect();
                collect(type.getAnnotation(ConfigMapping.class).prefix(), type, keys);
            }
        }
        return keys;
    }

    private static void collect(String prefix, Class<?> mapping, Map<String, Key> keys) {
        for (Method method : mapping.getDeclaredMethods()) {
            String name = prefix + "." + kebab(method.getName());
            Class<?> type = method.getReturnType();
            if (method.isAnnotationPresent(WithParentName.class)
                    && method.getGenericReturnType() instanceof ParameterizedType map) {
                collect(prefix + ".\"NAME\"", (Class<?>) map.getActualTypeArguments()[1], keys);
            } else if (type.isInterface() && type.getName().startsWith("io.quern.")) {
                collect(name, type, keys);
            } else {
                WithDefault defaultValue = method.getAnnotation(WithDefault.class);
                keys.put(name, new Key(type(method), defaultValue == null ? NONE : defaultValue.value()));
            }
        }
    }

    private static String type(Method method) {
        Class<?> values = method.getGenericReturnType() instanceof ParameterizedType generic
                        && generic.getActualTypeArguments()[0] instanceof Class<?> element
                ? element
                : method.getReturnType();
        if (values.isEnum()) {
            return Arrays.stream(values.getEnumConstants())
                    .map(constant -> constant.toString().toLowerCase(java.util.Locale.ROOT))
                    .collect(Collectors.joining(", "));
        }
        String name = method.getGenericReturnType() instanceof ParameterizedType generic
                ? generic.getActualTypeArguments()[0].getTypeName()
                : method.getReturnType().getName();
        return switch (name) {
            case "int", "java.util.OptionalInt" -> "integer";
            case "double" -> "number";
            case "boolean" -> "boolean";
            case "java.lang.String" -> "text";
            case "java.nio.file.Path" -> "path";
            case "java.time.Duration" -> "duration";
            case "io.quarkus.runtime.configuration.MemorySize" -> "size";
            case "java.util.List<java.lang.String>", "java.util.List<java.nio.file.Path>" -> "list";
            default -> throw new AssertionError("the reference has no name for the type " + name + " of " + method);
        };
    }

    private static String kebab(String name) {
        return name.replaceAll("([a-z0-9])([A-Z])", "$1-$2").toLowerCase(java.util.Locale.ROOT);
    }
}
