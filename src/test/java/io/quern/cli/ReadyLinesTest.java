package io.quern.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReadyLinesTest {
    @ParameterizedTest
    @CsvSource({
        "0.0.0.0, 8080, 0, /, http://localhost:8080/v1",
        "::, 8080, 0, /, http://localhost:8080/v1",
        "::1, 8080, 8443, /, http://[::1]:8080/v1",
        "10.0.0.7, 39021, 0, /, http://10.0.0.7:39021/v1",
        "0.0.0.0, -1, 8443, /, https://localhost:8443/v1",
        "0.0.0.0, 8080, 0, /llm/, http://localhost:8080/llm/v1",
        "127.0.0.1, -1, -1, /, http://127.0.0.1:9999/v1"
    })
    void addressCanBeUsedByClients(String host, int port, int securePort, String root, String address) {
        assertThat(ReadyLines.api(host, port, securePort, 9999, root)).hasToString(address);
    }

    @Test
    void commandSendsAKeyIfKeysAreConfigured() {
        assertThat(new ReadyLines(
                                "demo",
                                URI.create("http://localhost:1/v1"),
                                URI.create("http://127.0.0.1:2/q"),
                                true,
                                true)
                        .lines())
                .containsExactly(
                        "health and metrics are at http://127.0.0.1:2/q/health and http://127.0.0.1:2/q/metrics",
                        "ready: demo is served at http://localhost:1/v1; try it:",
                        "  curl http://localhost:1/v1/chat/completions -H 'content-type: application/json'"
                                + " -H 'authorization: Bearer YOUR_KEY'"
                                + " -d '{\"messages\":[{\"role\":\"user\",\"content\":\"What is Quern?\"}]}'");
    }

    @Test
    void modelWithoutChatTemplateGetsACompletionCommand() {
        assertThat(new ReadyLines("base", URI.create("http://localhost:1/v1"), null, false, false).lines())
                .last()
                .asString()
                .contains("/v1/completions ", "\"prompt\":")
                .doesNotContain("authorization");
    }

    @Test
    void withoutTheApiThereIsNoCommand() {
        assertThat(new ReadyLines("demo", null, null, true, false).lines())
                .singleElement()
                .asString()
                .doesNotContain("curl");
    }

    @Test
    void severalModelsAreListedWithTheirStates() {
        assertThat(new ReadyLines(
                                "small",
                                URI.create("http://localhost:1/v1"),
                                null,
                                true,
                                false,
                                List.of("small: ready", "large: not-loaded"))
                        .lines())
                .containsExactly(
                        "ready: 2 models (small: ready, large: not-loaded) are served at http://localhost:1/v1; try it:",
                        "  curl http://localhost:1/v1/chat/completions -H 'content-type: application/json'"
                                + " -d '{\"model\":\"small\","
                                + "\"messages\":[{\"role\":\"user\",\"content\":\"What is Quern?\"}]}'");
        List<String> many = IntStream.range(0, 12).mapToObj(i -> "m" + i).toList();
        assertThat(new ReadyLines("m0", null, null, true, false, many).lines())
                .singleElement()
                .asString()
                .startsWith("ready: 12 models (m0, m1, ")
                .contains("m9, and 2 more)");
    }
}
