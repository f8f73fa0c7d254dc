package io.quern.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import org.junit.jupiter.api.Test;

/** Checks that an operator's own profile, such as staging, gets the same values as prod. */
class ApplicationPropertiesTest {
    @Test
    void onlyDevAndTestProfilesHaveProperties() throws IOException {
        Properties properties = new Properties();
        try (Reader in = Files.newBufferedReader(Path.of("src/main/resources/application.properties"))) {
            properties.load(in);
        }
        assertThat(properties.stringPropertyNames())
                .isNotEmpty()
                .allMatch(name -> !name.startsWith("%") || name.startsWith("%dev.") || name.startsWith("%test."));
    }
}
