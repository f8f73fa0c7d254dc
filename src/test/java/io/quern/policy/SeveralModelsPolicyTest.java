package io.quern.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quern.device.DeviceReport;
import io.quern.device.HostFacts;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the choice of the start method for an engine with several models. */
class SeveralModelsPolicyTest {
    @ParameterizedTest
    @ValueSource(strings = {"fork", "inline"})
    void methodForOneModelIsRefused(String method) {
        assertThatThrownBy(() -> decide(method, 3))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("a test asks for " + method + ", which serves one model only, but there are 3")
                .hasMessageEndingWith("(docs/troubleshooting/start-methods.md#several-models)");
        assertThat(decide(method, 1).method()).hasToString(method);
    }

    @Test
    void otherMethodsServeSeveralModels() {
        Decision decision = decide("auto", 2);
        assertThat(decision.method()).isEqualTo(StartMethod.FORKSERVER);
        assertThat(decision.rejected())
                .filteredOn(rejection -> rejection.method() == StartMethod.FORK)
                .singleElement()
                .satisfies(rejection ->
                        assertThat(rejection.reason()).isEqualTo("this method serves one model only, and there are 2"));
        assertThat(decide("spawn", 2).method()).isEqualTo(StartMethod.SPAWN);
    }

    private static Decision decide(String method, int models) {
        return StartMethodPolicy.decide(
                new StartMethodConfig(method, "a test", List.of(), false).withModels(models),
                new HostFacts(
                        "linux", "amd64", "glibc", 4, 8L << 30, List.of(0), false, "", List.of(), 4, false, false),
                DeviceReport.none(),
                new ProcessFacts(true, "", true, 1, "", "", false, "", "", ""));
    }
}
