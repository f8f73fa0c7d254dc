package io.quern.attacks;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A web page of another site sends requests from the browser of a user whose engine has no key. */
final class ForeignPage implements Attack {
    private static final String BODY = "{\"prompt\":\"hi\",\"max_tokens\":1}";

    @Override
    public String name() {
        return "foreign-page";
    }

    @Override
    public String tries() {
        return "A web page of another site sends requests to a local engine without a key: from its origin, without a"
                + " content type, and under a host name of its own that resolves to this machine (DNS rebinding)."
                + " All should be refused.";
    }

    @Override
    public Finding run(Target target) throws IOException {
        Victim victim = target.keyless();
        int port = victim.uri("/").getPort();
        String here = "localhost:" + port;
        String browser = "user-agent: Mozilla/5.0\r\n";
        String json = "content-type: application/json\r\n";
        String foreign = "origin: https://evil.example\r\n";
        List<String> seen = new ArrayList<>();
        seen.add("another origin " + post(victim, here, browser + foreign + json));
        seen.add("another origin without content type " + post(victim, here, browser + foreign));
        seen.add("no content type " + post(victim, here, ""));
        seen.add("its own host name "
                + post(
                        victim,
                        "evil.example:" + port,
                        browser + json + "origin: http://evil.example:" + port + "\r\n"));
        boolean own = post(victim, here, browser + json + "origin: http://" + here + "\r\n")
                .equals("200");
        return Finding.of(
                own && seen.stream().noneMatch(one -> one.endsWith("200")),
                "%s; a page from the engine's own origin is served: %s",
                String.join(", ", seen),
                own);
    }

    private static String post(Victim victim, String host, String headers) throws IOException {
        try (Socket socket = victim.connect()) {
            socket.getOutputStream()
                    .write(("POST /v1/completions HTTP/1.1\r\nhost: " + host + "\r\nconnection: close\r\n" + headers
                                    + "content-length: " + BODY.length() + "\r\n\r\n" + BODY)
                            .getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
            return answer.substring(answer.lastIndexOf(' ') + 1);
        }
    }
}
