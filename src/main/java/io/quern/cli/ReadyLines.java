package io.quern.cli;

import io.quarkus.vertx.http.HttpServer;
import io.quern.model.ServedModel;
import io.quern.openai.OpenAiConfig;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.config.Config;
import org.jspecify.annotations.Nullable;

/**
 * The last log lines of a start: the addresses of the engine, and a command to try it with. Pure except for {@link
 * #of}.
 *
 * @param model the model's name for clients
 * @param api the base URL of the OpenAI API, or null if it is disabled
 * @param management the base URL of health, metrics and other views for operators, or null if they share the API's port
 * @param chats whether the model has a chat template
 * @param keys whether clients must send a key
 */
record ReadyLines(String model, @Nullable URI api, @Nullable URI management, boolean chats, boolean keys) {

    /** Call this after the HTTP server listens, since the system may choose the port. */
    static ReadyLines of(ServedModel model, OpenAiConfig openAi, HttpServer server, Config config) {
        return new ReadyLines(
                model.id(),
                api(openAi, server, config).orElse(null),
                management(server, config).orElse(null),
                model.metadata().chatTemplate().isPresent(),
                openAi.apiKeys().isPresent());
    }

    /** Returns the base URL of the OpenAI API, or empty if it is disabled. Call this after the HTTP server listens. */
    static Optional<URI> api(OpenAiConfig openAi, HttpServer server, Config config) {
        return openAi.enabled()
                ? Optional.of(api(
                        config.getOptionalValue("quarkus.http.host", String.class)
                                .orElse("0.0.0.0"),
                        server.getPort(),
                        server.getSecurePort(),
                        config.getOptionalValue("quarkus.http.port", Integer.class)
                                .orElse(8080),
                        config.getOptionalValue("quarkus.http.root-path", String.class)
                                .orElse("/")))
                : Optional.empty();
    }

    /**
     * Returns the base URL of the management interface, or empty if there is none. Call this after it listens.
     */
    static Optional<URI> management(HttpServer server, Config config) {
        int port = managementPort(server, config);
        return port > 0
                ? Optional.of(base(
                        config.getOptionalValue("quarkus.management.host", String.class)
                                .orElse("0.0.0.0"),
                        config.getOptionalValue("quarkus.management.ssl.certificate.files", String.class)
                                .isPresent(),
                        port,
                        config.getOptionalValue("quarkus.management.root-path", String.class)
                                .orElse("/q")))
                : Optional.empty();
    }

    /**
     * Returns the port of the management interface, or 0 if there is none. Quarkus reports the port only if it differs
     * from the configured one.
     */
    static int managementPort(HttpServer server, Config config) {
        if (!config.getOptionalValue("quarkus.management.enabled", Boolean.class)
                .orElse(false)) {
            return 0;
        }
        return server.getManagementPort() > 0
                ? server.getManagementPort()
                : config.getOptionalValue("quarkus.management.port", Integer.class)
                        .orElse(9000);
    }

    /**
     * @param host the address to which the server is bound
     * @param port the port without TLS; not positive if there is none
     * @param configured the port without TLS to assume if the server reports none, as after a reload in development
     *     mode
     */
    static URI api(String host, int port, int securePort, int configured, String rootPath) {
        boolean secure = port <= 0 && securePort > 0;
        int plain = port > 0 ? port : configured;
        String root = base(host, secure, secure ? securePort : plain, rootPath).toString();
        return URI.create(root + "/v1");
    }

    private static URI base(String host, boolean secure, int port, String rootPath) {
        String reached =
                switch (host) {
                    case "0.0.0.0", "::" -> "localhost";
                    default -> host.contains(":") ? "[" + host + "]" : host;
                };
        String root = rootPath.replaceAll("^/*|/*$", "");
        return URI.create(
                (secure ? "https://" : "http://") + reached + ":" + port + (root.isEmpty() ? "" : "/" + root));
    }

    List<String> lines() {
        List<String> lines = new ArrayList<>();
        if (management != null) {
            lines.add("health and metrics are at " + management + "/health and " + management + "/metrics");
        }
        if (api == null) {
            lines.add("ready: " + model + " (no HTTP API: quern.openai.enabled=false)");
            return lines;
        }
        List<String> command = new ArrayList<>(List.of("curl", api + (chats ? "/chat/completions" : "/completions")));
        command.add("-H 'content-type: application/json'");
        if (keys) {
            command.add("-H 'authorization: Bearer YOUR_KEY'");
        }
        command.add(
                chats
                        ? "-d '{\"messages\":[{\"role\":\"user\",\"content\":\"What is Quern?\"}]}'"
                        : "-d '{\"prompt\":\"Once upon a time\"}'");
        lines.add("ready: " + model + " is served at " + api + "; try it:");
        lines.add("  " + String.join(" ", command));
        return lines;
    }
}
