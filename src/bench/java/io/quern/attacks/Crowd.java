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
 * Far more connections than the engine takes, that are silent or drip, from somebody without a key. They share the engine's processors
 * here, which such a crowd does not in life: so the engine goes before them where that is allowed. Health is chats for as probes that have to
 * be quick do, at {@code /health}.
 */
final class Crowd implements Attack {
    private static final int LIMIT = 4096;
    private static final int IDLE = 10_000;
    private static final int SLOW = 500;

    /** The short form has a tenth of all. */
    private static final int LESS = 10;

    private static final Duration HEALTHY = Duration.ofMillis(100);

    @Override
    public String name() {
        return "crowd";
    }

    @Override
    public String tries() {
        return ("%,d idle connections and %d slow bodies meet a limit of %d (a tenth in the short form)."
                        + " Health should always answer within %d ms, and a client with a key should be served.")
                .formatted(IDLE, SLOW, LIMIT, HEALTHY.toMillis());
    }

    @Override
    public Finding run(Target target) throws IOException, InterruptedException {
        int part = target.brief() ? LESS : 1;
        List<String> first = Nobody.isPossible() ? List.of("nice", "-n", "-10") : List.of();
        try (Victim victim = target.start(
                first,
                Map.of(
                        "QUERN_OPENAI_API_KEYS",
                        Victim.KEY,
                        "QUARKUS_HTTP_LIMITS_MAX_CONNECTIONS",
                        Integer.toString(LIMIT / part)))) {
            HealthProbe probe = new HealthProbe(victim);
            List<Socket> sockets = new ArrayList<>();
            int served = 0;
            int chats = 0;
            try {
                probe.await(10);
                for (int i = 0; i < IDLE / part; i++) {
                    sockets.add(idle(victim, i));
                    if (i % (1000 / part) == 0) {
                        chats++;
                        served += victim.chat(Duration.ofSeconds(5)) == 200 ? 1 : 0;
                    }
                }
                for (int i = 0; i < SLOW / part; i++) {
                    sockets.add(slow(victim));
                }
                int rounds = target.brief() ? 3 : 20;
                for (int round = 0; round < rounds; round++) {
                    drip(sockets.subList(IDLE / part, sockets.size()));
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
                    // the short form runs on machines that are busy with other things: there the median decides
                    probe.down == 0
                            && (target.brief() ? probe.at(0.5) <= HEALTHY.toMillis() : probe.late() == 0)
                            && served == chats,
                    "health failed %d of %d times, and took longer than %d ms %d times (median %.0f ms, longest %.0f ms);"
                            + " %d of %d chats with the key served",
                    probe.down,
                    probe.millis.size(),
                    HEALTHY.toMillis(),
                    probe.late(),
                    probe.at(0.5),
                    probe.at(1),
                    served,
                    chats);
        }
    }

    /** Silent, in the middle of a head, or behind an answer. */
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
            // it has been closed
        }
    }

    /** Asks for health again and again, each time over a new connection. */
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
                long began = System.nanoTime();
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
                millis.add((System.nanoTime() - began) / 1e6);
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

        double at(double share) {
            List<Double> sorted = millis.stream().sorted().toList();
            return sorted.get((int) Math.round(share * (sorted.size() - 1)));
        }
    }
}
