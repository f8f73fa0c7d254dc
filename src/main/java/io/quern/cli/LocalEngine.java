package io.quern.cli;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.eclipse.microprofile.config.Config;

/** An HTTP client for the engine on this machine. Every call blocks. */
record LocalEngine(URI address, Duration patience) {
    private static final String ANY_V4 = "0.0.0.0";
    private static final String ANY_V6 = "::";

    /** A response with any status. */
    record Reply(int status, String body) {}

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

    Reply get(String path) throws IOException {
        return reply(connect(path));
    }

    Reply post(String path, String json) throws IOException {
        HttpURLConnection connection = connect(path);
        connection.setDoOutput(true);
        connection.setRequestProperty("content-type", "application/json");
        try (var out = connection.getOutputStream()) {
            out.write(json.getBytes(StandardCharsets.UTF_8));
        }
        return reply(connection);
    }

    private HttpURLConnection connect(String path) throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) address.resolve(path).toURL().openConnection();
        connection.setConnectTimeout((int) patience.toMillis());
        connection.setReadTimeout((int) patience.toMillis());
        return connection;
    }

    private static Reply reply(HttpURLConnection connection) throws IOException {
        int status = connection.getResponseCode();
        try (var body = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
            return new Reply(status, body == null ? "" : new String(body.readAllBytes(), StandardCharsets.UTF_8));
        }
    }
}
