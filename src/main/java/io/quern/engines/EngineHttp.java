package io.quern.engines;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

/**
 * A small HTTP client for engines, for commands that send few requests: it is loaded sooner than the JDK's larger
 * client, and health checks start a process each time. It follows no redirects, so the key reaches no other server.
 * Thread-safe; every call blocks.
 */
public final class EngineHttp {
    private static final int MAX_BODY = 16 << 20;
    private static final int PIECE = 8192;
    private static final int FIRST_ERROR = 400;

    private final Duration patience;
    private final Optional<String> key;

    /** A response with any status. */
    public record Reply(int status, String body) {}

    /**
     * @param patience the longest time for the connection, then for one answer
     * @param key sent with every request, or empty
     */
    public EngineHttp(Duration patience, Optional<String> key) {
        this.patience = patience;
        this.key = key;
    }

    Duration patience() {
        return patience;
    }

    /** @throws SocketTimeoutException if there is no whole answer in time */
    public Reply get(URI uri) throws IOException {
        return reply(connect(uri));
    }

    /** @throws SocketTimeoutException if there is no whole answer in time */
    public Reply post(URI uri, String json) throws IOException {
        HttpURLConnection connection = connect(uri);
        connection.setDoOutput(true);
        connection.setRequestProperty("content-type", "application/json");
        try (var out = connection.getOutputStream()) {
            out.write(json.getBytes(StandardCharsets.UTF_8));
        }
        return reply(connection);
    }

    private HttpURLConnection connect(URI uri) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
        connection.setInstanceFollowRedirects(false);
        connection.setConnectTimeout((int) patience.toMillis());
        connection.setReadTimeout((int) patience.toMillis());
        key.ifPresent(value -> connection.setRequestProperty("authorization", "Bearer " + value));
        return connection;
    }

    private Reply reply(HttpURLConnection connection) throws IOException {
        long deadline = System.nanoTime() + patience.toNanos();
        int status = connection.getResponseCode();
        try (InputStream body = status < FIRST_ERROR ? connection.getInputStream() : connection.getErrorStream()) {
            return new Reply(status, body == null ? "" : text(body, deadline));
        }
    }

    /** The read timeout counts from the last byte, so a body that drips needs a deadline. */
    private static String text(InputStream body, long deadline) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        byte[] piece = new byte[PIECE];
        for (int length = body.read(piece); length >= 0; length = body.read(piece)) {
            bytes.write(piece, 0, length);
            if (bytes.size() > MAX_BODY) {
                throw new IOException("The answer is longer than " + MAX_BODY + " bytes");
            }
            if (System.nanoTime() - deadline > 0) {
                throw new SocketTimeoutException("The answer takes too long");
            }
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
