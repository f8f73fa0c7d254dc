package io.quern.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tests the list of classes to load after boot; ReplacedFilesIT shows that it is complete. */
class LateClassesTest {

    @Test
    void everyQuernClassInTheListExists() throws IOException {
        assertThat(listed())
                .filteredOn(name -> name.startsWith("io.quern."))
                .hasSizeGreaterThan(100)
                .as("renamed or moved since: run src/scripts/record-late-classes")
                .allSatisfy(name -> assertThat(Class.forName(name, false, LateClasses.class.getClassLoader()))
                        .isNotNull());
    }

    private static List<String> listed() throws IOException {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(
                LateClasses.class.getResourceAsStream("late-classes.list"), StandardCharsets.US_ASCII))) {
            return lines.lines().filter(line -> !line.startsWith("#")).toList();
        }
    }
}
