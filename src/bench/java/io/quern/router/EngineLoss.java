package io.quern.router;

import io.quern.bench.Service;
import io.quern.faults.StreamedAnswer;
import io.quern.faults.Times;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Future;
import java.util.stream.Collectors;

/**
 * Ends one of two engines under 64 streams, while other clients keep sending requests, and then restarts it.
 *
 * @param killed true for SIGKILL, as if its machine failed; false for SIGTERM
 * @param options options of the router
 */
record EngineLoss(boolean killed, List<String> options) {
    /** Streams of this length run for seconds, but for less than the grace period. */
    private static final int TOKENS = 400;

    private static final Duration OBSERVED_BEFORE = Duration.ofSeconds(2);
    private static final Duration DOWN_TIME = Duration.ofSeconds(5);
    private static final Duration OBSERVED_AFTER = Duration.ofSeconds(2);

    /** Returns the figures by their titles. */
    Map<String, String> figures(Deployment deployment) throws Exception {
        Map<String, String> figures = new LinkedHashMap<>();
        try (Service second = deployment.engine(2);
                Service first = deployment.engine(1);
                Service router =
                        deployment.routerTo(List.of(first, second), "round_robin", options.toArray(String[]::new));
                Clients clients = new Clients();
                Traffic traffic = new Traffic(router, "traffic")) {
            Service.pause(OBSERVED_BEFORE);
            long observedSince = System.nanoTime();
            Service.pause(OBSERVED_BEFORE);
            String durationBefore = traffic.times(observedSince);
            List<Future<StreamedAnswer>> pending = clients.submit(router, "stream", Deployment.STREAMS, TOKENS);
            Deployment.await(
                    router,
                    "the streams run",
                    () -> Deployment.running(first) + Deployment.running(second) >= Deployment.STREAMS);
            long ended = System.nanoTime();
            if (killed) {
                // All its processes, as when a machine fails.
                first.processes().forEach(ProcessHandle::destroyForcibly);
            } else {
                first.process().destroy();
                Deployment.await(first, "it is no longer ready", () -> Deployment.health(first) != 200);
                figures.put("`/health` stops returning 200 after", "%.0f ms".formatted(Times.millisSince(ended)));
            }
            int code = first.process().waitFor();
            figures.put("its process ends after", "%.0f ms, exit code %d".formatted(Times.millisSince(ended), code));
            figures.put("64 streams on both engines", streams(Clients.awaitAnswers(pending)));
            Service.pause(DOWN_TIME);
            figures.put("short requests until its restart", traffic.since(ended));
            figures.put("their duration", traffic.times(ended));
            figures.put("their duration before, without the streams", durationBefore);
            restart(deployment, figures, first.port(), router, traffic);
        }
        return figures;
    }

    private static String streams(List<StreamedAnswer> answers) {
        Map<String, Long> ends = answers.stream()
                .collect(Collectors.groupingBy(
                        one -> one.isComplete()
                                ? "complete"
                                : "status %d, %s `[DONE]`, then `%s`"
                                        .formatted(one.status, one.done ? "with" : "no", one.shortError()),
                        TreeMap::new,
                        Collectors.counting()));
        return ends.entrySet().stream()
                .map(end -> end.getValue() + ": " + end.getKey())
                .collect(Collectors.joining("; "));
    }

    private static void restart(
            Deployment deployment, Map<String, String> figures, int port, Service router, Traffic traffic) {
        long started = System.nanoTime();
        try (Service again = deployment.engine(1, port)) {
            Deployment.awaitReady(again);
            figures.put(
                    "time from its restart until it is ready", "%.1f s".formatted(Times.millisSince(started) / 1000));
            long ready = System.nanoTime();
            Deployment.await(router, "the restarted engine gets requests", () -> Deployment.requestsTaken(again) > 0);
            figures.put("time from then until its first request", "%.1f s".formatted(Times.millisSince(ready) / 1000));
            Service.pause(OBSERVED_AFTER);
            figures.put("short requests after its restart", traffic.since(started));
        }
    }
}
