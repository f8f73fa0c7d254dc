package io.quern.router;

import io.quern.bench.Service;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * What is started, and what it says of itself.
 *
 * @param homes a folder for the home of each engine: they are on two machines
 * @param router the script that pip has installed
 */
record Deployment(Path jar, Path homes, Path router) {
    /** Enough for all streams on one engine. */
    static final int STREAMS = 64;

    private static final int CONTEXT = 1024;
    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final Duration POLL = Duration.ofMillis(10);

    Service engine(int number) {
        return engine(number, Service.freePort());
    }

    Service engine(int number, int port) {
        Service.Kind kind = new Service.Quern(jar, homes.resolve("engine-" + number));
        return Service.launch(kind, null, STREAMS, CONTEXT, port);
    }

    /** Ready, as are the engines. */
    Service routerTo(List<Service> engines, String policy, String... options) {
        engines.forEach(Deployment::awaitReady);
        Service started =
                Service.launch(new VllmRouter(router, engines, policy, List.of(options)), null, STREAMS, CONTEXT);
        awaitReady(started);
        return started;
    }

    static void awaitReady(Service service) {
        await(service, "it answers /health", () -> health(service) == 200);
    }

    /** 0 where nobody answers. */
    static int health(Service service) {
        try {
            HttpURLConnection connection =
                    (HttpURLConnection) service.uri("/health").toURL().openConnection();
            connection.setConnectTimeout(1000);
            connection.setReadTimeout(5000);
            return connection.getResponseCode();
        } catch (IOException e) {
            return 0;
        }
    }

    /** Requests of which an engine has seen the end, and those that run. */
    static long requestsTaken(Service engine) {
        return metric(engine, "vllm:request_success_total{") + running(engine);
    }

    static long running(Service engine) {
        return metric(engine, "vllm:num_requests_running{");
    }

    /** Over all of its series. */
    private static long metric(Service engine, String name) {
        double sum = 0;
        try (BufferedReader in = new BufferedReader(
                new InputStreamReader(engine.management("/metrics").toURL().openStream(), StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (line.startsWith(name)) {
                    sum += Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Math.round(sum);
    }

    /** Looks every {@link #POLL} until it holds. */
    static void await(Service service, String what, Callable<Boolean> done) {
        long until = System.nanoTime() + PATIENCE.toNanos();
        try {
            while (!done.call()) {
                if (System.nanoTime() > until) {
                    throw new IllegalStateException(
                            "expected within %s: %s; the log: %s".formatted(PATIENCE, what, service.logEnd()));
                }
                Service.pause(POLL);
            }
        } catch (IllegalStateException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
