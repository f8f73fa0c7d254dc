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
 * Starts engines and routers, and reads what they report about themselves.
 *
 * @param homes the folder for the home of each engine, as if they were on two machines
 * @param router the script that pip has installed
 */
record Deployment(Path jar, Path homes, Path router) {
    /** Number of streams, and the slots of an engine: one engine can take them all. */
    static final int STREAMS = 64;

    private static final int CONTEXT = 1024;
    private static final Duration TIMEOUT = Duration.ofSeconds(120);
    private static final Duration POLL = Duration.ofMillis(10);

    Service engine(int number) {
        return engine(number, Service.freePort());
    }

    Service engine(int number, int port) {
        Service.Kind kind = new Service.Quern(jar, homes.resolve("engine-" + number));
        return Service.launch(kind, null, STREAMS, CONTEXT, port);
    }

    /** Waits for the engines, starts a router to them, and waits until it is ready. */
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

    /** Returns the status of {@code /health}, or 0 if there is no answer. */
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

    /** Returns the number of requests that the engine has completed or is running. */
    static long requestsTaken(Service engine) {
        return metric(engine, "vllm:request_success_total{") + running(engine);
    }

    static long running(Service engine) {
        return metric(engine, "vllm:num_requests_running{");
    }

    /** Returns the sum of a metric over all its series. */
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

    /** Checks the condition every {@link #POLL} until it holds. */
    static void await(Service service, String what, Callable<Boolean> done) {
        long until = System.nanoTime() + TIMEOUT.toNanos();
        try {
            while (!done.call()) {
                if (System.nanoTime() > until) {
                    throw new IllegalStateException(
                            "expected within %s: %s; the log: %s".formatted(TIMEOUT, what, service.logEnd()));
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
