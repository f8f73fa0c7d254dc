package io.quern.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.quern.TestConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PemTrustOptions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClientCertificatesTest {
    private static ClientCertificates certificates(ClientAuth clientAuth, Map<String, String> keys) {
        return new ClientCertificates(
                TestConfig.of(HttpConfig.class, Map.of("quern.http.client-auth", clientAuth.name())),
                new SmallRyeConfigBuilder().withDefaultValues(keys).build());
    }

    @ParameterizedTest
    @ValueSource(strings = {"enabled", "redirect", "default"})
    void plainHttpWithRequiredCertificatesIsRefused(String value) {
        Map<String, String> keys = value.equals("default") ? Map.of() : Map.of("quarkus.http.insecure-requests", value);
        assertThatThrownBy(() -> certificates(ClientAuth.REQUIRED, keys).customizeHttpServer(new HttpServerOptions()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("quern.http.client-auth is required, but quarkus.http.insecure-requests is ")
                .hasMessageEndingWith("Set it to disabled.");
        assertThatCode(() -> certificates(ClientAuth.NONE, keys).customizeHttpServer(new HttpServerOptions()))
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @EnumSource(
            value = ClientAuth.class,
            names = {"REQUEST", "REQUIRED"})
    void missingTrustStoreIsRefused(ClientAuth clientAuth) {
        ClientCertificates certificates = certificates(clientAuth, Map.of());
        assertThatThrownBy(() -> certificates.customizeHttpsServer(new HttpServerOptions()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("no trust store is set");
    }

    @Test
    void trustStoreDecidesWhichCertificatesAreAccepted() {
        HttpServerOptions options = new HttpServerOptions().setTrustOptions(new PemTrustOptions());
        certificates(ClientAuth.REQUIRED, Map.of()).customizeHttpsServer(options);
        assertThat(options.getClientAuth()).isEqualTo(ClientAuth.REQUIRED);
    }
}
