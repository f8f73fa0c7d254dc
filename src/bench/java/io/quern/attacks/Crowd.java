package io.quern.attacks;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Opens far more connections than the engine accepts, without a key: some are silent, some send a body byte by byte.
 * Here they share processors with the engine, unlike a real crowd; so the engine gets a higher priority if that is
 * allowed. Health is checked at {@code /health}, as probes do that must be quick.
 */
final class Crowd implements Attack {
    private static final int LIMIT = 4096;
    private static final int IDLE = 10_000;
    private static final int SLOW = 500;

    /** The short form divides all numbers by this. */
    private static final int SHORT_DIVISOR = 10;

    private static final Duration HEALTHY = Duration.ofMillis(100);

    @Override
    public String name() {
        return "crowd";
    }

    @Override
    public String tries() {
        return ("Clients open %,d idle connections and send %d slow bodies, with a limit of %d connections"
                        + " (a tenth in the short form)."
                        + " Health should always answer within %d ms, and a client with a key should be served.")
                .formatted(IDLE, SLOW, LIMIT, HEALTHY.toMillis());
    }

    @Override
    public Finding run(Target target) throws IOException, InterruptedException {
        int divisor = target.brief() ? SHORT_DIVISOR : 1;
        List<String> prefix = Nobody.isPossible() ? List.of("nice", "-n", "-10") : List.of();
        try (Victim victim = target.start(
                prefix,
                Map.of(
                        "QUERN_OPENAI_API_KEYS",
                        Victim.KEY,
                        "QUARKUS_HTTP_LIMITS_MAX_CONNECTIONS",
                        Integer.toString(LIMIT / divisor)))) {
            HealthProbe probe = new HealthProbe(victim);
            List<Socket> sockets = new ArrayList<>();
            int served = 0;
            int chats = 0;
            try {
                probe.await(10);
                for (int i = 0; i < IDLE / divisor; i++) {
                    sockets.add(idle(victim, i));
                    if (i % (1000 / divisor) == 0) {
                        chats++;
                        served += victim.chat(Duration.ofSeconds(5)) == 200 ? 1 : 0;
                    }
                }
                for (int i = 0; i < SLOW / divisor; i++) {
                    sockets.add(slow(victim));
                }
                int rounds = target.brief() ? 3 : 20;
                for (int round = 0; round < rounds; round++) {
                    drip(sockets.subList(IDLE / divisor, sockets.size()));
                    chats++;
                    served += victim.chat(Duration.ofSeconds(5)) == 200 ? 1 : 0;
                    Thread.sleep(500);
                }
            } finally {
                probe.stop();
                for (Socket socket : sockets) {
                    socket.close();
                }
            }
            return Finding.of(
                    // The short form runs on busy machines, so there the median decides.
                    probe.down == 0
                            && (target.brief() ? probe.percentile(0.5) <= HEALTHY.toMillis() : probe.late() == 0)
                            && served == chats,
                    "health failed %d of %d times, and took longer than %d ms %d times (median %.0f ms, longest %.0f ms);"
                            + " %d of %d chats with the key served",
                    probe.down,
                    probe.millis.size(),
                    HEALTHY.toMillis(),
                    probe.late(),
                    probe.percentile(0.5),
                    probe.percentile(1),
                    served,
                    chats);
        }
    }

    /** Opens a connection that sends nothing, half a head, or one whole request, and is then silent. */
    private static Socket idle(Victim victim, int number) throws IOException {
        Socket socket = victim.connect();
        String sent =
                switch (number % 3) {
                    case 0 -> "";
                    case 1 -> "GET /v1/models HTTP/1.1\r\nho";
                    default -> "GET /v1/models HTTP/1.1\r\nhost: localhost\r\n\r\n";
                };
        send(socket, sent);
        return socket;
    }

    private static Socket slow(Victim victim) throws IOException {
        Socket socket = victim.connect();
        send(
                socket,
                "POST /v1/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
                        + "content-length: 1000000\r\n\r\n{\"prompt\":\"");
        return socket;
    }

    private static void drip(List<Socket> sockets) {
        sockets.forEach(socket -> send(socket, "x"));
    }

    private static void send(Socket socket, String text) {
        try {
            socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            // The engine has closed it.
        }
    }

    /** Checks health again and again, over a new connection each time. */
    private static final class HealthProbe {
        private final List<Double> millis = new ArrayList<>();
        private final AtomicBoolean over = new AtomicBoolean();
        private final Thread thread;
        private volatile int sent;
        private int down;

        HealthProbe(Victim victim) {
            String target = victim.management("/health").toString();
            thread = Thread.ofPlatform().daemon().start(() -> probe(victim, target));
        }

        private void probe(Victim victim, String target) {
            while (!over.get()) {
                long start = System.nanoTime();
                try (Socket socket = victim.connectTo(java.net.URI.create(target))) {
                    socket.setSoTimeout(5000);
                    socket.getOutputStream()
                            .write("GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
                                    .getBytes(StandardCharsets.US_ASCII));
                    byte[] status = socket.getInputStream().readNBytes(12);
                    down += new String(status, StandardCharsets.US_ASCII).endsWith(" 200") ? 0 : 1;
                } catch (IOException e) {
                    down++;
                }
                millis.add((System.nanoTime() - start) / 1e6);
                sent++;
                try {
                    Thread.sleep(20);
                } catch (InterruptedException e) {
                    return;
                }
            }
        }

        void await(int probes) throws InterruptedException {
            while (sent < probes) {
                Thread.sleep(10);
            }
        }

        void stop() throws InterruptedException {
            over.set(true);
            thread.join();
        }

        long late() {
            return millis.stream().filter(one -> one > HEALTHY.toMillis()).count();
        }

        double percentile(double share) {
            List<Double> sorted = millis.stream().sorted().toList();
            return sorted.get((int) Math.round(share * (sorted.size() - 1)));
        }
    }
}
