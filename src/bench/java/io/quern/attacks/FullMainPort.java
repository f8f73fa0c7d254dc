package io.quern.attacks;

import io.quern.bench.Service;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Opens idle connections up to the limit, so that a health probe on the same port would be refused. */
final class FullMainPort implements Attack {
    private static final int LIMIT = 40;
    private static final int PROBES = 5;

    @Override
    public String name() {
        return "full-main-port";
    }

    @Override
    public String tries() {
        return "A client opens as many idle connections as the limit allows (" + LIMIT + ")."
                + " The health probe should still be answered.";
    }

    @Override
    public Finding run(Target target) throws IOException {
        Map<String, String> settings = Map.of(
                "QUERN_OPENAI_API_KEYS", Victim.KEY, "QUARKUS_HTTP_LIMITS_MAX_CONNECTIONS", Integer.toString(LIMIT));
        List<Socket> idle = new ArrayList<>();
        try (Victim victim = target.start(settings)) {
            for (int i = 0; i < 2 * LIMIT; i++) {
                Socket socket = victim.connect();
                idle.add(socket);
                // A connection counts from its first request.
                socket.getOutputStream()
                        .write("GET /v1/models HTTP/1.1\r\nhost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            }
            Service.pause(Duration.ofMillis(300));
            int answered = 0;
            double slowest = 0;
            for (int i = 0; i < PROBES; i++) {
                long begin = System.nanoTime();
                answered += victim.health(Duration.ofSeconds(2)) == 200 ? 1 : 0;
                slowest = Math.max(slowest, (System.nanoTime() - begin) / 1e6);
            }
            return Finding.of(
                    answered == PROBES,
                    "%d of %d probes answered, the slowest after %.0f ms",
                    answered,
                    PROBES,
                    slowest);
        } finally {
            for (Socket socket : idle) {
                socket.close();
            }
        }
    }
}
