package io.quern.attacks;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * Sends the beginning of a request and then nothing more. The engine has deadlines of {@value Target#DEADLINE} for
 * this.
 */
record StalledRequest(String name, String part, String sent) implements Attack {
    private static final Duration TIMEOUT = Duration.ofSeconds(8);

    static StalledRequest head() {
        return new StalledRequest("stalled-head", "head", "POST /v1/completions HTTP/1.1\r\nhost: localhost\r\nx-a");
    }

    static StalledRequest body() {
        return new StalledRequest(
                "stalled-body",
                "body",
                "POST /v1/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
                        + "content-length: 1000\r\n\r\n{\"prompt\":");
    }

    @Override
    public String tries() {
        return "A client sends a part of a request's " + part + ", then nothing more."
                + " The engine should end the connection at a deadline.";
    }

    @Override
    public Finding run(Target target) throws IOException {
        Victim victim = target.keyless();
        long start = System.nanoTime();
        String answer;
        try (Socket socket = victim.connect()) {
            socket.setSoTimeout((int) TIMEOUT.toMillis());
            socket.getOutputStream().write(sent.getBytes(StandardCharsets.US_ASCII));
            answer = new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
        } catch (SocketTimeoutException e) {
            return new Finding.Succeeded("still open after %d s".formatted(TIMEOUT.toSeconds()));
        } catch (IOException e) {
            answer = "";
        }
        return new Finding.Held("%s after %.1f s"
                .formatted(answer.isEmpty() ? "closed" : "'" + answer + "'", (System.nanoTime() - start) / 1e9));
    }
}
