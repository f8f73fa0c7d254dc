package io.quern.cli;

import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import org.eclipse.microprofile.config.Config;

/**
 * Checks before workers start whether the management interface can listen, and reports a problem in one line. Quarkus
 * would find it only after workers have started, and would print a stack trace that names no key.
 */
@Singleton
final class ManagementPort {
    private static final int FIRST = 1;
    private static final String KEY = "quarkus.management.port";

    private final Config config;

    ManagementPort(Config config) {
        this.config = config;
    }

    /** @throws ConfigurationException if the port is taken or the host is not an address of this machine */
    void started(@Observes @Priority(FIRST) StartupEvent event) {
        boolean listens = value("quarkus.management.enabled", Boolean.class, false)
                && value("quarkus.management.host-enabled", Boolean.class, true);
        if (listens && LaunchMode.current() == LaunchMode.NORMAL) {
            check(value("quarkus.management.host", String.class, "0.0.0.0"), value(KEY, Integer.class, 9000));
        }
    }

    static void check(String host, int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(host, port));
        } catch (IOException | IllegalArgumentException e) {
            // without a cause, since Quarkus then prints only the message
            throw new ConfigurationException(
                    "Cannot listen on %s:%d for the management interface: %s. Set %s (QUARKUS_MANAGEMENT_PORT) to a free port, or to 0 for any; the address is quarkus.management.host."
                            .formatted(host, port, e.getMessage(), KEY));
        }
    }

    private <T> T value(String key, Class<T> type, T otherwise) {
        return config.getOptionalValue(key, type).orElse(otherwise);
    }
}
