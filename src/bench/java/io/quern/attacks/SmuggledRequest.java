package io.quern.attacks;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Sends heads with a body length that a proxy and the engine may interpret differently, each followed by a second
 * request. If they disagree, the second request bypasses the proxy.
 */
final class SmuggledRequest implements Attack {
    private static final int TIMEOUT_MILLIS = 500;
    private static final String BEGIN =
            "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
                    + "authorization: Bearer " + Victim.KEY + "\r\n";
    private static final String SECOND =
            "GET /v1/models HTTP/1.1\r\nhost: x\r\nauthorization: Bearer " + Victim.KEY + "\r\n\r\n";

    private static Map<String, String> heads() {
        Map<String, String> heads = new LinkedHashMap<>();
        heads.put("length and chunks", "content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n");
        heads.put("chunks and length", "transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\n");
        heads.put("two lengths", "content-length: 0\r\ncontent-length: 6\r\n\r\n");
        heads.put("a list of lengths", "content-length: 0, 6\r\n\r\n");
        heads.put("a negative length", "content-length: -1\r\n\r\n");
        heads.put("a huge length", "content-length: 99999999999999999999\r\n\r\n");
        heads.put("a length with a sign", "content-length: +0\r\n\r\n");
        heads.put("a huge chunk", "transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n");
        heads.put("a blank before the colon", "content-length : 0\r\n\r\n");
        return heads;
    }

    @Override
    public String name() {
        return "smuggled-request";
    }

    @Override
    public String tries() {
        return "A client sends a head with an ambiguous, wrong or huge body length, then a second request."
                + " The engine should not answer the second request.";
    }

    @Override
    public Finding run(Target target) throws IOException {
        Victim victim = target.shared();
        List<String> answered = new ArrayList<>();
        for (Map.Entry<String, String> head : heads().entrySet()) {
            String answer = answer(victim, BEGIN + head.getValue() + SECOND);
            if (answer.contains("\"object\":\"list\"")) {
                answered.add(head.getKey());
            }
        }
        boolean served = victim.chat(Duration.ofSeconds(10)) == 200;
        return Finding.of(
                answered.isEmpty() && served,
                "%d heads tried; second request answered after: %s; served afterwards: %s",
                heads().size(),
                answered,
                served);
    }

    /** Reads until the connection is closed, or no more comes for a while. */
    private static String answer(Victim victim, String request) throws IOException {
        StringBuilder answer = new StringBuilder();
        try (Socket socket = victim.connect()) {
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            byte[] part = new byte[4096];
            for (int read = socket.getInputStream().read(part);
                    read >= 0;
                    read = socket.getInputStream().read(part)) {
                answer.append(new String(part, 0, read, StandardCharsets.US_ASCII));
            }
        } catch (SocketTimeoutException silent) {
            answer.append("...");
        } catch (IOException closed) {
            answer.append("closed");
        }
        return answer.toString();
    }
}
