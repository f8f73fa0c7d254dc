package io.quern.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class StartMethodConfigTest {
    private static final String METHOD = "VLLM_WORKER_MULTIPROC_METHOD";
    private static final String MULTIPROCESSING = "VLLM_ENABLE_V1_MULTIPROCESSING";

    @Test
    void withoutSettingsTheMethodIsAuto() {
        assertThat(config(null, Map.of())).isEqualTo(new StartMethodConfig("auto", "", java.util.List.of(), false));
        assertThat(config(null, Map.of(MULTIPROCESSING, "1")).requested()).isEqualTo("auto");
    }

    @Test
    void vllmVariablesAreUnderstood() {
        assertThat(config(null, Map.of(METHOD, "fork")).requested()).isEqualTo("fork");
        assertThat(config(null, Map.of(METHOD, "fork")).source()).isEqualTo(METHOD);
        assertThat(config(null, Map.of(MULTIPROCESSING, "0")).requested()).isEqualTo("inline");
    }

    @Test
    void firstSettingWinsAndDifferingOnesAreReported() {
        StartMethodConfig config = config(" Spawn ", Map.of(METHOD, "fork", MULTIPROCESSING, "0"));
        assertThat(config.requested()).isEqualTo("spawn");
        assertThat(config.ignored())
                .containsExactly(
                        METHOD + " asks for fork, but quern.worker.start-method asks for spawn and wins",
                        MULTIPROCESSING + "=0 asks for inline, but quern.worker.start-method asks for spawn and wins");
        assertThat(config("auto", Map.of(METHOD, "fork")).requested()).isEqualTo("auto");
        assertThat(config("spawn", Map.of(METHOD, "spawn")).ignored()).isEmpty();
    }

    @Test
    void onlyKeyRefusesUnknownMethod() {
        assertThatThrownBy(() -> config("forked", Map.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "quern.worker.start-method is \"forked\"; it must be auto, spawn, fork, forkserver or inline");
        StartMethodConfig config = config(null, Map.of(METHOD, "thread", MULTIPROCESSING, "0"));
        assertThat(config.requested()).isEqualTo("inline");
        assertThat(config.ignored())
                .containsExactly(METHOD + " is \"thread\" and is ignored, since that is not a start method");
    }

    private static StartMethodConfig config(String configured, Map<String, String> environment) {
        return StartMethodConfig.of(Optional.ofNullable(configured), environment, false);
    }
}
