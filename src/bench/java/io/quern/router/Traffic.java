package io.quern.router;

import io.quern.bench.Service;
import io.quern.faults.StreamRequest;
import io.quern.faults.StreamedAnswer;
import io.quern.faults.Times;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Clients that keep requesting short answers whatever happens. Each sends its next request a short pause after the last
 * answer.
 */
final class Traffic implements AutoCloseable {
    private static final int CLIENTS = 8;
    private static final int TOKENS = 4;
    private static final Duration PAUSE = Duration.ofMillis(50);

    private final List<Exchange> all = new CopyOnWriteArrayList<>();
    private final List<Thread> clients;
    private volatile boolean over;

    /**
     * A request and its answer.
     *
     * @param millis milliseconds from the request to the end of the answer
     */
    private record Exchange(long sentAt, double millis, StreamedAnswer answer) {}

    Traffic(Service service, String name) {
        clients = IntStream.range(0, CLIENTS)
                .mapToObj(client -> Thread.ofVirtual().start(() -> run(service, name + "-" + client)))
                .toList();
    }

    private void run(Service service, String name) {
        for (int i = 0; !over; i++) {
            String id = name + "-" + i;
            long sentAt = System.nanoTime();
            StreamedAnswer answer = new StreamRequest(id + ": hello?", TOKENS, 0, 0).send(service, id);
            all.add(new Exchange(sentAt, Times.millisSince(sentAt), answer));
            Service.pause(PAUSE);
        }
    }

    /** Counts the requests that were sent or still running after a moment, and those of them that failed. */
    String since(long moment) {
        List<Exchange> exchanges = all.stream()
                .filter(one -> one.sentAt + (long) (one.millis * 1e6) >= moment)
                .toList();
        Map<String, Long> failed = exchanges.stream()
                .filter(one -> !one.answer.isComplete())
                .collect(Collectors.groupingBy(
                        one -> one.answer.status == 200 ? "cut" : "with status " + one.answer.status,
                        TreeMap::new,
                        Collectors.counting()));
        double last = exchanges.stream()
                .filter(one -> !one.answer.isComplete())
                .mapToDouble(one -> (one.sentAt - moment) / 1e6)
                .max()
                .orElse(0);
        return failed.isEmpty()
                ? "%d, all answered".formatted(exchanges.size())
                : "%d; %s, the last of them sent at %+.0f ms".formatted(exchanges.size(), counts(failed), last);
    }

    private static String counts(Map<String, Long> failed) {
        return failed.entrySet().stream()
                .map(kind -> kind.getValue() + " " + kind.getKey())
                .collect(Collectors.joining(", "));
    }

    /** Summarizes the durations of the complete answers to requests that were sent after a moment. */
    String times(long moment) {
        return Times.summary(all.stream()
                .filter(one -> one.sentAt >= moment && one.answer.isComplete())
                .map(Exchange::millis)
                .toList());
    }

    @Override
    public void close() throws InterruptedException {
        over = true;
        for (Thread client : clients) {
            client.join();
        }
    }
}
