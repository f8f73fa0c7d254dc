package io.quern.cli;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import io.vertx.core.http.ClientAuth;
import java.time.Duration;
import java.util.OptionalInt;

/** Adds to Quarkus' own keys for the HTTP server of the application. They do not apply to the library. */
@ConfigMapping(prefix = "quern.http")
public interface HttpConfig {
    /**
     * Whether clients must present a certificate over TLS: {@code none}, {@code request} or {@code required}. A
     * certificate in the trust store of {@code quarkus.http.tls-configuration-name} must have signed it. Quarkus' own
     * key cannot change after packaging.
     */
    @WithDefault("none")
    ClientAuth clientAuth();

    /**
     * Longest time from a new connection to the complete head of its first request; for later heads, from their first
     * byte. After that the engine closes the connection.
     */
    @WithDefault("30s")
    Duration headTimeout();

    /**
     * Connections of one address, or one IPv6 /64 network, at the same time. By default half of
     * {@code quarkus.http.limits.max-connections}; 0: no limit.
     */
    OptionalInt maxConnectionsPerAddress();

    /** Header fields of an HTTP/1 request. A request with more gets 431. Each takes far more memory than its bytes. */
    @WithDefault("100")
    int maxHeaders();
}
