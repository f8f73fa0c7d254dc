package io.quern.attacks;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/**
 * Sends requests with invented methods and paths: each might add a series to the metrics for the life of the engine.
 */
final class InventedMethods implements Attack {
    private static final int BATCH = 100;

    /** More than the limit of 100 that Quarkus has. */
    private static final int PATHS = 200;

    /** Series that the first requests of each kind may add. */
    private static final int MORE_SERIES = 20;

    @Override
    public String name() {
        return "invented-methods";
    }

    @Override
    public String tries() {
        return "A client invents thousands of methods and paths. The metrics should not grow.";
    }

    @Override
    public Finding run(Target target) throws IOException {
        Victim victim = target.shared();
        int requests = target.brief() ? 2_000 : 20_000;
        // One request of each kind adds the series that any client adds.
        send(victim, "KNOWN%d /v1/models", 1);
        send(victim, "GET //somewhere/%d", 1);
        long before = series(victim);
        send(victim, "INVENTED%d /v1/models", requests);
        long after = series(victim);
        send(victim, "GET //nowhere/%d", PATHS);
        long last = series(victim);
        return Finding.of(
                last - before <= MORE_SERIES,
                "%d methods added %d series to the metrics, %d paths added %d (%d before)",
                requests,
                after - before,
                PATHS,
                last - after,
                before);
    }

    /**
     * Sends requests and reads their answers.
     *
     * @param line the request line up to the version, with a placeholder for a number
     */
    private static void send(Victim victim, String line, int requests) throws IOException {
        try (Socket socket = victim.connect()) {
            for (int sent = 0; sent < requests; sent += BATCH) {
                StringBuilder batch = new StringBuilder();
                int here = Math.min(BATCH, requests - sent);
                for (int i = sent; i < sent + here; i++) {
                    batch.append(line.formatted(i)).append(" HTTP/1.1\r\nhost: x\r\n\r\n");
                }
                socket.getOutputStream().write(batch.toString().getBytes(StandardCharsets.US_ASCII));
                answers(socket.getInputStream(), here);
            }
        }
    }

    /** Reads until this many answers have started, then whatever is available. */
    private static void answers(InputStream in, int count) throws IOException {
        byte[] mark = "HTTP/1.1 ".getBytes(StandardCharsets.US_ASCII);
        int seen = 0;
        int matched = 0;
        while (seen < count) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("the connection was closed after " + seen + " answers");
            }
            matched = next == mark[matched] ? matched + 1 : next == mark[0] ? 1 : 0;
            if (matched == mark.length) {
                seen++;
                matched = 0;
            }
        }
        // The rest of the last answer.
        in.skipNBytes(in.available());
    }

    private static long series(Victim victim) throws IOException {
        return victim.get("/q/metrics")
                .lines()
                .filter(line -> !line.startsWith("#"))
                .count();
    }
}
