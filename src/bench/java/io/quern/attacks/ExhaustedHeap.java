package io.quern.attacks;

import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The last resort: a heap that is exhausted in spite of all limits, here because the limit is beyond the heap. */
final class ExhaustedHeap implements Attack {
    private static final int CONNECTIONS = 60;
    private static final long PATIENCE = 20;

    @Override
    public String name() {
        return "exhausted-heap";
    }

    @Override
    public String tries() {
        return "The heap is exhausted, because the limits are set beyond it."
                + " The engine should end, so that it is restarted.";
    }

    @Override
    public Finding run(Target target) throws IOException, InterruptedException {
        List<Socket> sockets = new ArrayList<>();
        try (Victim victim = target.start(Map.of("QUERN_OPENAI_BODY_MEMORY", "4G"))) {
            long began = System.nanoTime();
            for (int i = 0; i < CONNECTIONS; i++) {
                Socket socket = victim.connect();
                sockets.add(socket);
                Thread.ofVirtual().start(() -> HalfSentBodies.send(socket));
            }
            if (!victim.process().waitFor(PATIENCE, TimeUnit.SECONDS)) {
                return new Finding.Succeeded("still running after %d s; health answers %d"
                        .formatted(PATIENCE, victim.health(Duration.ofSeconds(2))));
            }
            return new Finding.Held("ended with exit code %d after %.1f s"
                    .formatted(victim.process().exitValue(), (System.nanoTime() - began) / 1e9));
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }
}
