package io.quern.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quern.StartsProcesses;
import io.quern.admission.Generation;
import io.quern.admission.Submission;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** That quarkus-rest, which has handlers of its own on the connection, lets an exchange know when its client has left. */
@QuarkusTest
@StartsProcesses
class LeavingClientTest {
    private static final AtomicReference<Function<Submission, Uni<Generation>>> SCRIPT = new AtomicReference<>();
    private static final String BODY = "{\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

    @TestHTTPResource("/")
    URI root;

    /** An exchange as the application runs it, with a scripted answer in admission's place. */
    @Path("/scripted-exchange")
    public static class ScriptedResource {
        @POST
        public Uni<Void> chat(@Context RoutingContext http) {
            Exchange.Rules rules =
                    ExchangeServer.rules(request -> SCRIPT.get().apply(request), Duration.ZERO, Clock.systemUTC());
            return OpenAi.later(http, done -> new Exchange(http, rules, Shape.CHAT, Readers.chats()).begin(done));
        }
    }

    @Test
    void aRequestInTheQueueIsWithdrawn() throws Exception {
        ScriptedStream stream = new ScriptedStream();
        SCRIPT.set(stream::queue);
        try (Socket ignored = connect()) {
            stream.submitted.get(5, TimeUnit.SECONDS);
            assertThat(stream.cancelled).isNotDone();
        }
        stream.cancelled.get(5, TimeUnit.SECONDS);
    }

    @Test
    void aStreamIsCancelled() throws Exception {
        ScriptedStream stream = new ScriptedStream();
        SCRIPT.set(stream::accept);
        try (Socket socket = connect()) {
            BufferedReader answer =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            assertThat(answer.readLine()).isEqualTo("HTTP/1.1 200 OK");
            assertThat(stream.cancelled).isNotDone();
        }
        stream.cancelled.get(5, TimeUnit.SECONDS);
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(root.getHost(), root.getPort());
        socket.setSoTimeout(10_000);
        socket.getOutputStream()
                .write(("POST /scripted-exchange HTTP/1.1\r\nHost: x\r\nContent-Length: " + BODY.length() + "\r\n\r\n"
                                + BODY)
                        .getBytes(StandardCharsets.US_ASCII));
        return socket;
    }
}
