package io.quern.cli;

import io.quern.engines.EngineHttp;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import org.eclipse.microprofile.config.Config;

/** The engine on this machine that has this configuration. Every call blocks. */
record LocalEngine(URI address, Duration patience) {
    private static final String ANY_V4 = "0.0.0.0";
    private static final String ANY_V6 = "::";

    /** Returns a client for the configured address; if that means all addresses, for the loopback address. */
    static LocalEngine of(Config config, Duration patience) {
        return at(config, "quarkus.http", 8080, patience);
    }

    /** Returns a client for the management interface, or for the only port if there is no such interface. */
    static LocalEngine management(Config config, Duration patience) {
        return config.getOptionalValue("quarkus.management.enabled", Boolean.class)
                        .orElse(false)
                ? at(config, "quarkus.management", 9000, patience)
                : of(config, patience);
    }

    private static LocalEngine at(Config config, String prefix, int defaultPort, Duration patience) {
        String host = config.getOptionalValue(prefix + ".host", String.class).orElse(ANY_V4);
        int port = config.getOptionalValue(prefix + ".port", Integer.class).orElse(defaultPort);
        String reached =
                switch (host) {
                    case ANY_V4 -> "127.0.0.1";
                    case ANY_V6 -> "[::1]";
                    default -> host.contains(":") ? "[" + host + "]" : host;
                };
        return new LocalEngine(URI.create("http://" + reached + ":" + port), patience);
    }

    EngineHttp.Reply get(String path) throws IOException {
        return http().get(address.resolve(path));
    }

    EngineHttp.Reply post(String path, String json) throws IOException {
        return http().post(address.resolve(path), json);
    }

    private EngineHttp http() {
        return new EngineHttp(patience, Optional.empty());
    }
}
