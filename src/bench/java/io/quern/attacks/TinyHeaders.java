package io.quern.attacks;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Sends heads of thousands of empty headers without their ends: in a map of headers each takes fifty times its bytes.
 */
final class TinyHeaders implements Attack {
    private static final int CONNECTIONS = 400;

    @Override
    public String name() {
        return "tiny-headers";
    }

    @Override
    public String tries() {
        return ("A client sends %d unfinished heads, each of 18 KB of empty headers."
                        + " Health should answer, and the engine should serve.")
                .formatted(CONNECTIONS);
    }

    @Override
    public Finding run(Target target) throws IOException, InterruptedException {
        Victim victim = target.keyless();
        byte[] head = ("GET /v1/models HTTP/1.1\r\nhost: localhost\r\n" + "a:\n".repeat(6000))
                .getBytes(StandardCharsets.US_ASCII);
        List<Socket> sockets = new ArrayList<>();
        int down = 0;
        try {
            for (int i = 0; i < CONNECTIONS; i++) {
                Socket socket = victim.connect();
                sockets.add(socket);
                try {
                    socket.getOutputStream().write(head);
                } catch (IOException e) {
                    // The engine has refused it.
                }
                if (i % 50 == 0) {
                    down += victim.health(Duration.ofSeconds(2)) == 200 ? 0 : 1;
                }
            }
            for (int i = 0; i < 5; i++) {
                Thread.sleep(100);
                down += victim.health(Duration.ofSeconds(2)) == 200 ? 0 : 1;
            }
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
        int after = victim.chat(Duration.ofSeconds(10));
        boolean errors = victim.log().contains("OutOfMemoryError");
        return Finding.of(
                down == 0 && after == 200 && !errors,
                "health down %d times; OutOfMemoryError: %s; a chat afterwards got %d",
                down,
                errors,
                after);
    }
}
