package io.quern.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LocalEngineTest {

    @ParameterizedTest
    @CsvSource({
        "0.0.0.0, http://127.0.0.1:8081",
        "::, http://[::1]:8081",
        "::1, http://[::1]:8081",
        "10.0.0.7, http://10.0.0.7:8081",
        "localhost, http://localhost:8081"
    })
    void engineIsReachedAtItsAddress(String host, String address) {
        assertThat(address(Map.of("quarkus.http.host", host, "quarkus.http.port", "8081")))
                .isEqualTo(address);
    }

    @Test
    void engineIsReachedAtTheDefaults() {
        assertThat(address(Map.of())).isEqualTo("http://127.0.0.1:8080");
    }

    @Test
    void managementInterfaceIsUsedIfEnabled() {
        Map<String, String> values = Map.of(
                "quarkus.management.enabled",
                "true",
                "quarkus.management.host",
                "0.0.0.0",
                "quarkus.http.port",
                "8081");
        assertThat(management(values)).isEqualTo("http://127.0.0.1:9000");
        assertThat(management(Map.of("quarkus.http.port", "8081"))).isEqualTo("http://127.0.0.1:8081");
    }

    /** Quarkus passes its values on to a native executable only when that boots, and commands boot nothing. */
    @Test
    void nativeExecutableContainsTheFileThatEnablesTheManagementInterface() throws IOException {
        Properties packaged = new Properties();
        try (Reader file = Files.newBufferedReader(Path.of("src/main/resources/application.properties"))) {
            packaged.load(file);
        }
        assertThat(packaged)
                .containsEntry("quarkus.management.enabled", "true")
                .containsEntry("quarkus.native.resources.includes", "application.properties");
    }

    private static String management(Map<String, String> values) {
        var config = new SmallRyeConfigBuilder();
        values.forEach(config::withDefaultValue);
        return LocalEngine.management(config.build(), Duration.ofSeconds(1))
                .address()
                .toString();
    }

    private static String address(Map<String, String> values) {
        var config = new SmallRyeConfigBuilder();
        values.forEach(config::withDefaultValue);
        return LocalEngine.of(config.build(), Duration.ofSeconds(1)).address().toString();
    }
}
