package io.quern.cli;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import io.vertx.core.http.ClientAuth;
import java.time.Duration;
import java.util.OptionalInt;

/** What operators decide about the application's HTTP server, beside Quarkus' own keys. Not in the library. */
@ConfigMapping(prefix = "quern.http")
public interface HttpConfig {
    /**
     * Whether clients have to show a certificate over TLS ({@code none}, {@code request}, {@code required}); it must be signed by one in
     * the trust store of {@code quarkus.http.tls-configuration-name}. Quarkus fixes its own key when an application is packaged.
     */
    @WithDefault("none")
    ClientAuth clientAuth();

    /** How long a connection may take until its first request's head is complete, and a later head from its first byte on. */
    @WithDefault("30s")
    Duration headTimeout();

    /**
     * Connections from one address, or from one /64 network of IPv6, at the same time. Without it half of
     * {@code quarkus.http.limits.max-connections}; 0: any number.
     */
    OptionalInt maxConnectionsPerAddress();

    /** Header fields of one HTTP/1 request; beyond them the answer is 431. Each takes far more memory than its bytes. */
    @WithDefault("100")
    int maxHeaders();
}
