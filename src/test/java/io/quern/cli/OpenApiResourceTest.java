package io.quern.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quern.TestConfig;
import io.quern.openai.OpenAiConfig;
import io.quern.ops.OpsConfig;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OpenApiResourceTest {

    @Test
    void documentListsEnabledEndpoints() throws IOException {
        JsonNode document = document(Map.of());
        assertThat(document.get("openapi").asText()).startsWith("3.1");
        assertThat(document.at("/info/title").asText()).isEqualTo("Quern");
        assertThat(paths(document)).contains("/v1/chat/completions", "/v1/models/{id}", "/health", "/q/quern/pool");
        for (String schema : List.of("ChatCompletionRequest", "PoolPage", "Decision")) {
            assertThat(document.at("/components/schemas/" + schema).isObject())
                    .as(schema)
                    .isTrue();
        }
    }

    @Test
    void documentOmitsDisabledEndpoints() throws IOException {
        assertThat(paths(document(Map.of("quern.openai.enabled", "false"))))
                .isNotEmpty()
                .noneMatch(path -> path.startsWith("/v1/"));
        assertThat(paths(document(Map.of("quern.ops.enabled", "false"))))
                .isNotEmpty()
                .allMatch(path -> path.startsWith("/v1/"));
    }

    private static List<String> paths(JsonNode document) {
        return document.get("paths").properties().stream()
                .map(Map.Entry::getKey)
                .toList();
    }

    private static JsonNode document(Map<String, String> values) throws IOException {
        return new OpenApiResource(
                        TestConfig.of(OpenAiConfig.class, values),
                        TestConfig.of(OpsConfig.class, values),
                        new ObjectMapper())
                .document();
    }
}
