package io.quern.faults;

import io.quern.bench.Machine;
import io.quern.bench.Service;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Checks an engine's health and memory ten times a second. Read the results after it has ended. */
final class HealthWatch {
    private static final Duration EVERY = Duration.ofMillis(100);

    private final Engine engine;
    private final List<Double> healthMillis = new ArrayList<>();
    private final List<String> unhealthy = new ArrayList<>();
    private final List<Double> memory = new ArrayList<>();

    HealthWatch(Engine engine) {
        this.engine = engine;
    }

    /** Checks until that time, on the calling thread. */
    void until(long nanoTime) {
        while (System.nanoTime() < nanoTime) {
            long sent = System.nanoTime();
            try {
                int status = health();
                if (status != 200) {
                    unhealthy.add("status " + status);
                }
            } catch (IOException e) {
                unhealthy.add(e.toString());
            }
            healthMillis.add(Times.millisSince(sent));
            memory.add(Machine.residentMebibytes(engine.engineProcess()));
            Service.pause(EVERY);
        }
    }

    /** Returns the status of a readiness check whose whole answer was read. */
    private int health() throws IOException {
        HttpURLConnection connection = engine.get("/q/health/ready");
        int status = connection.getResponseCode();
        try (var body = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
            body.readAllBytes();
        }
        return status;
    }

    void judge(Outcome outcome, double healthBound, double flatMebibytes) {
        double slowest = Times.percentile(healthMillis, 0.99);
        outcome.expect(unhealthy.isEmpty(), "expected the health check to answer 200, saw %s", unhealthy);
        outcome.expect(slowest <= healthBound, "expected health within %.0f ms, saw p99 %.0f ms", healthBound, slowest);
        outcome.figure("health %s", Times.summary(healthMillis));
        // The first quarter does not count: the JVM still loads classes.
        double early = Collections.max(memory.subList(memory.size() / 4, memory.size() / 2));
        outcome.memory("engine", early, Collections.max(memory), flatMebibytes);
    }
}
