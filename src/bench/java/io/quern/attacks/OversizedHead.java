package io.quern.attacks;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Sends the head of a request without an end. */
final class OversizedHead implements Attack {
    private static final int LIMIT = 4 << 20;

    @Override
    public String name() {
        return "oversized-head";
    }

    @Override
    public String tries() {
        return "A client sends a head that never ends. The engine should refuse it early.";
    }

    @Override
    public Finding run(Target target) throws IOException {
        Victim victim = target.shared();
        byte[] line = ("x-filler: " + "f".repeat(1000) + "\r\n").getBytes(StandardCharsets.US_ASCII);
        int sent = 0;
        String answer;
        try (Socket socket = victim.connect()) {
            socket.getOutputStream()
                    .write("GET /v1/models HTTP/1.1\r\nhost: x\r\n".getBytes(StandardCharsets.US_ASCII));
            try {
                while (sent < LIMIT) {
                    socket.getOutputStream().write(line);
                    sent += line.length;
                    if (socket.getInputStream().available() > 0) {
                        break;
                    }
                }
                answer = new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
            } catch (IOException e) {
                answer = "connection closed";
            }
        }
        boolean served = victim.chat(Duration.ofSeconds(10)) == 200;
        return Finding.of(
                sent < LIMIT && served,
                "%d KiB accepted, then '%s'; served afterwards: %s",
                sent >> 10,
                answer,
                served);
    }
}
