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

/** Clients that go on asking for short answers, whatever happens, each as soon as it has the last and a pause. */
final class Traffic implements AutoCloseable {
    private static final int CLIENTS = 8;
    private static final int TOKENS = 4;
    private static final Duration PAUSE = Duration.ofMillis(50);

    private final List<Asked> all = new CopyOnWriteArrayList<>();
    private final List<Thread> clients;
    private volatile boolean over;

    /** @param millis from the question to the answer's end */
    private record Asked(long at, double millis, StreamedAnswer told) {}

    Traffic(Service service, String name) {
        clients = IntStream.range(0, CLIENTS)
                .mapToObj(client -> Thread.ofVirtual().start(() -> run(service, name + "-" + client)))
                .toList();
    }

    private void run(Service service, String name) {
        for (int i = 0; !over; i++) {
            String id = name + "-" + i;
            long at = System.nanoTime();
            StreamedAnswer told = new StreamRequest(id + ": hello?", TOKENS, 0, 0).tell(service, id);
            all.add(new Asked(at, Times.millisSince(at), told));
            Service.pause(PAUSE);
        }
    }

    /** Counts the requests that were sent or still running after a moment, and those of them that failed. */
    String since(long moment) {
        List<Asked> asked = all.stream()
                .filter(one -> one.at + (long) (one.millis * 1e6) >= moment)
                .toList();
        Map<String, Long> failed = asked.stream()
                .filter(one -> !one.told.whole())
                .collect(Collectors.groupingBy(
                        one -> one.told.status == 200 ? "cut" : "with status " + one.told.status,
                        TreeMap::new,
                        Collectors.counting()));
        double last = asked.stream()
                .filter(one -> !one.told.whole())
                .mapToDouble(one -> (one.at - moment) / 1e6)
                .max()
                .orElse(0);
        return failed.isEmpty()
                ? "%d, all answered".formatted(asked.size())
                : "%d; %s, the last of them sent at %+.0f ms".formatted(asked.size(), counts(failed), last);
    }

    private static String counts(Map<String, Long> failed) {
        return failed.entrySet().stream()
                .map(kind -> kind.getValue() + " " + kind.getKey())
                .collect(Collectors.joining(", "));
    }

    /** Says how long the complete ones took that were sent after a moment. */
    String times(long moment) {
        return Times.told(all.stream()
                .filter(one -> one.at >= moment && one.told.whole())
                .map(Asked::millis)
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
