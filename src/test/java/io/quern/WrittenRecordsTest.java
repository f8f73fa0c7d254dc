package io.quern;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.lang.reflect.WildcardType;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class WrittenRecordsTest {

    /** Jackson cannot read the components of a record that a native executable does not know by reflection. */
    @Test
    void recordsWithinRegisteredRecordsAreRegisteredToo() {
        List<Class<?>> registered = new ClassFileImporter()
                .importPath("target/classes").stream()
                        .filter(type -> type.isAnnotatedWith(RegisterForReflection.class))
                        .map(JavaClass::reflect)
                        .<Class<?>>flatMap(type -> Stream.of(
                                type.getAnnotation(RegisterForReflection.class).targets()))
                        .toList();
        Set<String> reached = new TreeSet<>();
        registered.forEach(type -> collect(type, reached));
        assertThat(reached).hasSizeGreaterThan(20);
        assertThat(registered).extracting(Class::getName).containsAll(reached);
    }

    private static void collect(Type type, Set<String> reached) {
        switch (type) {
            case Class<?> of
            when of.isRecord() && of.getName().startsWith("io.quern") -> {
                if (reached.add(of.getName())) {
                    for (RecordComponent component : of.getRecordComponents()) {
                        collect(component.getGenericType(), reached);
                    }
                }
            }
            case ParameterizedType generic ->
                Stream.of(generic.getActualTypeArguments()).forEach(argument -> collect(argument, reached));
            case WildcardType wildcard ->
                Stream.of(wildcard.getUpperBounds()).forEach(bound -> collect(bound, reached));
            default -> {
                // a type of the JDK, an enum or an interface
            }
        }
    }
}
