package io.quern.attacks;

import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Exhausts the heap. Limits normally prevent that, so here they are set to more than the heap. */
final class ExhaustedHeap implements Attack {
    private static final int CONNECTIONS = 60;
    private static final long TIMEOUT_SECONDS = 20;

    @Override
    public String name() {
        return "exhausted-heap";
    }

    @Override
    public String tries() {
        return "Clients exhaust the heap, because the limits are set to more than the heap."
                + " The engine should end, so that it can be restarted.";
    }

    @Override
    public Finding run(Target target) throws IOException, InterruptedException {
        List<Socket> sockets = new ArrayList<>();
        try (Victim victim = target.start(Map.of("QUERN_OPENAI_BODY_MEMORY", "4G"))) {
            long start = System.nanoTime();
            for (int i = 0; i < CONNECTIONS; i++) {
                Socket socket = victim.connect();
                sockets.add(socket);
                Thread.ofVirtual().start(() -> HalfSentBodies.send(socket));
            }
            if (!victim.process().waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                return new Finding.Succeeded("still running after %d s; health answers %d"
                        .formatted(TIMEOUT_SECONDS, victim.health(Duration.ofSeconds(2))));
            }
            return new Finding.Held("ended with exit code %d after %.1f s"
                    .formatted(victim.process().exitValue(), (System.nanoTime() - start) / 1e9));
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }
}
