package io.quern.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.catalog.ModelsConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NamedModelsTest {
    private static final NamedModels MODELS = new NamedModels(new SmallRyeConfigBuilder()
            .withMapping(ModelsConfig.class)
            .withDefaultValues(Map.of(
                    "quern.models.small.model", "/models/small.gguf",
                    "quern.models.small.slots", "2",
                    "quern.models.small.start-method", "fork",
                    "quern.models.small.devices", "a,b",
                    "quern.models.\"qwen2.5-7b\".model", "hf:a/b",
                    "quern.models.\"qwen2.5-7b\".aliases", "qwen,gpt-4o",
                    "quern.models.\"qwen2.5-7b\".pinned", "true"))
            .build()
            .getConfigMapping(ModelsConfig.class)
            .byName());

    @Test
    void configuredModelKeepsItsSettings() {
        assertThat(MODELS.settings("small"))
                .isEqualTo(Map.of(
                        "quern.catalog.single-model", "true",
                        "quern.model", "/models/small.gguf",
                        "quern.model-name", "small",
                        "quern.worker.slots", "2",
                        "quern.worker.start-method", "fork",
                        "quern.worker.devices", "a,b"));
        assertThat(MODELS.settings("gpt-4o"))
                .isEqualTo(Map.of(
                        "quern.catalog.single-model", "true",
                        "quern.model", "hf:a/b",
                        "quern.model-name", "qwen2.5-7b"));
    }

    @Test
    void otherModelIsServedWithoutTheConfiguredOnes() {
        assertThat(MODELS.settings("demo"))
                .isEqualTo(Map.of("quern.catalog.single-model", "true", "quern.model", "demo"));
    }

    @Test
    void similarNamesIncludeAliasesAndDownloadedModels() {
        assertThat(MODELS.similar("qwem", List.of("hf:some/other-model")))
                .startsWith("qwen")
                .hasSize(3);
    }
}
