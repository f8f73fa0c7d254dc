package io.quern.cli;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import io.vertx.core.http.ClientAuth;

/** What Quarkus fixes when an application is packaged, and an operator decides later. */
@ConfigMapping(prefix = "quern.http")
public interface HttpConfig {
    /**
     * Whether clients have to show a certificate over TLS ({@code none}, {@code request}, {@code required}); it must be signed by one in
     * the trust store of {@code quarkus.http.tls-configuration-name}.
     */
    @WithDefault("none")
    ClientAuth clientAuth();
}
