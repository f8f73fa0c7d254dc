package io.quern.cli;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.quarkus.vertx.http.HttpServerOptionsCustomizer;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServerOptions;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Locale;
import org.eclipse.microprofile.config.Config;

/** Configures mutual TLS. Refuses to boot with settings that would let in clients without a certificate. */
@ApplicationScoped
class ClientCertificates implements HttpServerOptionsCustomizer {
    private static final String KEY = "quern.http.client-auth";
    private static final String INSECURE = "quarkus.http.insecure-requests";

    private final ClientAuth clientAuth;
    private final String insecureRequests;

    ClientCertificates(HttpConfig config, Config all) {
        clientAuth = config.clientAuth();
        insecureRequests = all.getOptionalValue(INSECURE, String.class).orElse("enabled");
    }

    /** Quarkus calls this for the port without TLS, even if it does not open that port. */
    @Override
    public void customizeHttpServer(HttpServerOptions options) {
        if (clientAuth == ClientAuth.REQUIRED && !insecureRequests.strip().equalsIgnoreCase("disabled")) {
            throw new ConfigurationException(KEY + " is required, but " + INSECURE + " is "
                    + insecureRequests.strip().toLowerCase(Locale.ROOT)
                    + ", which lets clients in without a certificate. Set it to disabled.");
        }
    }

    @Override
    public void customizeHttpsServer(HttpServerOptions options) {
        if (clientAuth == ClientAuth.NONE) {
            return;
        }
        if (options.getTrustOptions() == null) {
            throw new ConfigurationException(KEY + " is " + clientAuth.name().toLowerCase(Locale.ROOT)
                    + ", but no trust store is set, so a certificate of any public authority would be accepted."
                    + " Set quarkus.tls.trust-store.pem.certs.");
        }
        options.setClientAuth(clientAuth);
    }
}
