package io.quern.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.engines.EngineRecord;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ServiceFinderTest {
    @Test
    void modelIsFoundByNameOrReference() {
        var named = Optional.of(new EngineRecord.Model("hf:owner/repo", "small"));
        var unnamed = Optional.of(new EngineRecord.Model("/models/a.gguf", ""));
        assertThat(ServiceFinder.nameOf("small", Optional.empty(), List.of("small", "large")))
                .contains("small");
        assertThat(ServiceFinder.nameOf("hf:owner/repo", named, List.of("small", "large")))
                .contains("small");
        assertThat(ServiceFinder.nameOf("/models/a.gguf", unnamed, List.of("a")))
                .contains("a");
    }

    @Test
    void engineOfOtherModelsIsNotUsed() {
        assertThat(ServiceFinder.nameOf("demo", Optional.empty(), List.of("small")))
                .isEmpty();
        assertThat(ServiceFinder.nameOf(
                        "hf:owner/repo",
                        Optional.of(new EngineRecord.Model("hf:owner/repo", "gone")),
                        List.of("small")))
                .isEmpty();
        assertThat(ServiceFinder.nameOf(
                        "/models/a.gguf", Optional.of(new EngineRecord.Model("/models/a.gguf", "")), List.of("a", "b")))
                .isEmpty();
    }
}
