package io.quern.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OpenAccessTest {
    private static OpenAccess access(Map<String, String> keys) {
        return OpenAccess.of(new SmallRyeConfigBuilder().withDefaultValues(keys).build());
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "::", "10.0.0.1", "no-such-host.invalid"})
    void openAddressWithoutKeyCausesWarning(String host) {
        OpenAccess access = access(Map.of("quarkus.http.host", host));
        assertThat(access.warning())
                .contains("Anyone who can reach " + host + " may use the API: quarkus.http.host=" + host
                        + " opens it beyond this machine, and quern.openai.api-keys is not set."
                        + " Set quern.openai.api-keys, or quarkus.http.host=127.0.0.1.");
        assertThat(access.text()).isEqualTo("other machines too (quarkus.http.host=" + host + "), without a key");
    }

    @Test
    void unsetHostMeansEveryAddress() {
        assertThat(access(Map.of()).warning()).isPresent();
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "127.0.0.5", "::1", "localhost"})
    void loopbackCausesNoWarning(String host) {
        OpenAccess access = access(Map.of("quarkus.http.host", host));
        assertThat(access.warning()).isEmpty();
        assertThat(access.text()).startsWith("this machine only");
    }

    @Test
    void protectedOrMissingApiCausesNoWarning() {
        assertThat(access(Map.of("quern.openai.api-keys", "a")).warning()).isEmpty();
        assertThat(access(Map.of("quern.openai.api-keys[0]", "a")).warning()).isEmpty();
        assertThat(access(Map.of("quern.openai.enabled", "false")).warning()).isEmpty();
        assertThat(access(Map.of("quarkus.http.host-enabled", "false")).warning())
                .isEmpty();
        Map<String, String> certificates =
                Map.of("quern.http.client-auth", "required", "quarkus.http.insecure-requests", "disabled");
        assertThat(access(certificates).warning()).isEmpty();
        assertThat(access(Map.of("quern.http.client-auth", "required")).warning())
                .as("plain HTTP beside it")
                .isPresent();
    }
}
