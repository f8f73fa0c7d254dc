package io.quern.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EndpointTest {
    @ParameterizedTest
    @CsvSource({
        "localhost:8080, http://localhost:8080/v1",
        "http://[::1]:8080/, http://[::1]:8080/v1",
        "https://host/openai/v1/, https://host/openai/v1",
    })
    void missingPartsAreAdded(String typed, String base) {
        assertThat(Endpoint.of(typed, Optional.empty()).base()).hasToString(base);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ftp://host", "http://", "http://a b", "http://user:secret@host"})
    void otherTextsAreRefused(String typed) {
        assertThatThrownBy(() -> Endpoint.of(typed, Optional.empty()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("secret");
    }

    @Test
    void keyComesFromTheFileOrTheEnvironment(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("key"), "sk-file\n");
        assertThat(ApiKey.find(file, "sk-variable").orElseThrow().value()).isEqualTo("sk-file");
        assertThat(ApiKey.find(null, "sk-variable").orElseThrow().value()).isEqualTo("sk-variable");
        assertThat(ApiKey.find(null, " ")).isEmpty();
        assertThat(ApiKey.find(null, null)).isEmpty();
        assertThatThrownBy(() -> ApiKey.find(folder.resolve("none"), null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Cannot read the API key from");
    }

    @Test
    void keyIsNeverShown() {
        assertThat(new Endpoint(Endpoint.http("host"), Optional.of(new ApiKey("sk-secret"))).toString())
                .doesNotContain("sk-secret");
        assertThatThrownBy(() -> new ApiKey("sk-secret\nx")).hasMessageNotContaining("sk-secret");
    }
}
