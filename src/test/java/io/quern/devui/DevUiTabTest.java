package io.quern.devui;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DevUiTabTest {
    @Test
    void scriptIsTwoFoldersAboveDevUiComponents() {
        assertThat(link(Map.of())).isEqualTo("../../quern/dev-ui.js");
        assertThat(link(Map.of("quarkus.http.root-path", "/llm"))).isEqualTo("../../quern/dev-ui.js");
    }

    @Test
    void linkFollowsMovedResources() {
        assertThat(link(Map.of("quarkus.http.root-path", "/llm", "quarkus.rest.path", "/api")))
                .isEqualTo("../../../api/q/quern/dev-ui.js");
        assertThat(DevUiTab.link(config(Map.of("quarkus.rest.path", "api")), Optional.of("services")))
                .isEqualTo("../../../services/q/quern/dev-ui.js");
    }

    @Test
    void linkFollowsMovedDevUi() {
        assertThat(link(Map.of("quarkus.http.non-application-root-path", "manage")))
                .isEqualTo("../../../q/quern/dev-ui.js");
        assertThat(link(Map.of("quarkus.http.root-path", "/llm", "quarkus.http.non-application-root-path", "/manage")))
                .isEqualTo("../../../llm/q/quern/dev-ui.js");
    }

    private static String link(Map<String, String> values) {
        return DevUiTab.link(config(values), Optional.empty());
    }

    private static SmallRyeConfig config(Map<String, String> values) {
        return new SmallRyeConfigBuilder()
                .withSources(new PropertiesConfigSource(values, "a test", 100))
                .build();
    }
}
