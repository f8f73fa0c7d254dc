package io.quern.cli;

import io.quarkus.runtime.configuration.ConfigUtils;
import io.smallrye.config.SmallRyeConfig;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Asks the engine that runs beside it how it is: the health check of an image, which has no program that could. */
@Command(
        name = "health",
        mixinStandardHelpOptions = true,
        description = "Asks the engine on this machine whether it takes requests. Exit code 0 if it does, 1 if not.")
final class Health implements Callable<Integer> {
    private static final int TIMEOUT_MILLIS = 4_000;

    @Spec
    CommandSpec spec;

    @Option(names = "--live", description = "Whether it lives, loading or not, instead.")
    boolean live;

    @Override
    public Integer call() {
        SmallRyeConfig config =
                ConfigUtils.configBuilder().withMappingIgnore("quern.**").build();
        String host = config.getOptionalValue("quarkus.http.host", String.class).orElse("0.0.0.0");
        int port = config.getOptionalValue("quarkus.http.port", Integer.class).orElse(8080);
        URI uri = URI.create("http://" + (host.equals("0.0.0.0") ? "127.0.0.1" : host) + ":" + port
                + (live ? "/q/health/live" : "/health"));
        try {
            HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
            connection.setConnectTimeout(TIMEOUT_MILLIS);
            connection.setReadTimeout(TIMEOUT_MILLIS);
            int status = connection.getResponseCode();
            try (var body = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
                spec.commandLine()
                        .getOut()
                        .println(body == null ? "" : new String(body.readAllBytes(), StandardCharsets.UTF_8).strip());
            }
            return status == 200 ? 0 : 1;
        } catch (IOException e) {
            spec.commandLine().getErr().println("no answer from " + uri + ": " + e.getMessage());
            return 1;
        }
    }
}
