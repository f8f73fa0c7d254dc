package io.quern.attacks;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Sends bodies without their ends: each is below its limit, but together they are larger than the heap. */
final class HalfSentBodies implements Attack {
    private static final int CONNECTIONS = 60;
    private static final int EACH = 8 << 20;
    private static final Duration HEALTHY = Duration.ofSeconds(2);

    @Override
    public String name() {
        return "half-sent-bodies";
    }

    @Override
    public String tries() {
        return ("A client without a key sends %d bodies of %d MB and never finishes them."
                        + " Health should answer, and the engine should serve.")
                .formatted(CONNECTIONS, EACH >> 20);
    }

    @Override
    public Finding run(Target target) throws IOException, InterruptedException {
        Victim victim = target.keyless();
        List<Thread> senders = new ArrayList<>();
        List<Socket> sockets = new ArrayList<>();
        for (int i = 0; i < CONNECTIONS; i++) {
            Socket socket = victim.connect();
            sockets.add(socket);
            senders.add(Thread.ofVirtual().start(() -> send(socket)));
        }
        int down = 0;
        int probes = 0;
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(target.brief() ? 4 : 20);
        while (System.nanoTime() < until) {
            probes++;
            down += victim.health(HEALTHY) == 200 ? 0 : 1;
            Thread.sleep(100);
        }
        int during = victim.chat(Duration.ofSeconds(5));
        for (Socket socket : sockets) {
            socket.close();
        }
        for (Thread sender : senders) {
            sender.join(1000);
        }
        int after = victim.chat(Duration.ofSeconds(10));
        return Finding.of(
                down == 0 && after == 200,
                "health down at %d of %d probes; a chat during the attack got %d, afterwards %d",
                down,
                probes,
                during,
                after);
    }

    static void send(Socket socket) {
        byte[] piece = "x".repeat(1 << 16).getBytes(StandardCharsets.US_ASCII);
        try {
            socket.getOutputStream()
                    .write(("POST /v1/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
                                    + "content-length: " + (EACH + 100) + "\r\n\r\n{\"prompt\":\"")
                            .getBytes(StandardCharsets.US_ASCII));
            for (int sent = 0; sent < EACH; sent += piece.length) {
                socket.getOutputStream().write(piece);
            }
        } catch (IOException e) {
            // The engine has refused it.
        }
    }
}
