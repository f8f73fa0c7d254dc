package io.quern.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests how bodies are received, over real connections. */
@Timeout(120)
class BodyLimitsTest {
    private static final Duration SOON = Duration.ofMillis(200);
    private static final Duration LATE = Duration.ofMinutes(2);
    private static final String CHAT = "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

    private final BodyBudget budget = new BodyBudget(1 << 20, Duration.ofSeconds(7));

    @Test
    void stalledBodyIsRefusedAtItsDeadline() throws IOException {
        try (ExchangeServer server = server(SOON);
                Socket client = send(server, 1000, "{\"mess")) {
            assertThat(head(client)).startsWith("HTTP/1.1 408 ");
            await().untilAsserted(() -> assertThat(budget.used()).isZero());
        }
    }

    @Test
    void halfSentBodiesStayWithinBudget() throws IOException {
        List<Socket> clients = new ArrayList<>();
        try (ExchangeServer server = server(LATE)) {
            String half = "x".repeat(100 * 1024);
            for (int i = 0; i < 30; i++) {
                clients.add(send(server, 2 * half.length(), half));
            }
            // one address may take only half of the budget with several bodies
            assertThat(head(clients.getLast())).startsWith("HTTP/1.1 503 ").contains("retry-after: 7");
            assertThat(budget.used()).isLessThanOrEqualTo(1 << 20);
            for (Socket client : clients) {
                client.close();
            }
            await().untilAsserted(() -> assertThat(budget.used()).isZero());
        }
    }

    @Test
    void bodyInOneByteChunksIsRead() throws IOException {
        ScriptedStream stream = new ScriptedStream();
        try (ExchangeServer server = server(LATE);
                Socket client = new Socket("localhost", server.port())) {
            server.answer(stream::queue);
            StringBuilder chunks = new StringBuilder(
                    "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                            + "Transfer-Encoding: chunked\r\n\r\n");
            CHAT.chars().forEach(c -> chunks.append("1\r\n").append((char) c).append("\r\n"));
            client.getOutputStream().write(chunks.append("0\r\n\r\n").toString().getBytes(StandardCharsets.US_ASCII));
            await().until(stream.submitted::isDone);
        }
    }

    @Test
    void parsedBodyReleasesItsMemory() throws IOException {
        ScriptedStream stream = new ScriptedStream();
        try (ExchangeServer server = server(LATE);
                Socket client = send(server, CHAT.length(), CHAT)) {
            server.answer(stream::queue);
            await().untilAsserted(() -> assertThat(budget.used()).isZero());
            assertThat(client.isConnected()).isTrue();
        }
    }

    private ExchangeServer server(Duration timeout) {
        return new ExchangeServer(Duration.ZERO, new BodyPace(timeout, 0), budget);
    }

    private static Socket send(ExchangeServer server, int length, String body) throws IOException {
        Socket client = new Socket("localhost", server.port());
        client.setSoTimeout(60_000);
        client.getOutputStream()
                .write(("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                                + "Content-Length: " + length + "\r\n\r\n" + body)
                        .getBytes(StandardCharsets.US_ASCII));
        return client;
    }

    private static String head(Socket client) throws IOException {
        BufferedReader in =
                new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.US_ASCII));
        StringBuilder head = new StringBuilder();
        for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
            head.append(line).append('\n');
        }
        return head.toString();
    }
}
