package io.quern.store;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The answer to a request. One thread reads it; if the server sends nothing for too long, reading fails. */
final class Reply implements AutoCloseable {
    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d+)-(\\d+)/(\\d+)");

    /** A list of files is not longer, and an error message much shorter. */
    private static final int MAX_TEXT_BYTES = 16 << 20;

    private static final int CHECKS_IN_TIMEOUT = 4;

    private final HttpResponse<InputStream> response;
    private final Duration timeout;
    private final ScheduledFuture<?> watch;

    /** When the pending read began, by {@link System#nanoTime}; 0 if none is pending. */
    private volatile long pendingSince;

    private volatile boolean stalled;

    Reply(HttpResponse<InputStream> response, Duration timeout, ScheduledExecutorService timer) {
        this.response = response;
        this.timeout = timeout;
        long period = Math.max(1, timeout.toMillis() / CHECKS_IN_TIMEOUT);
        this.watch = timer.scheduleWithFixedDelay(this::endIfStalled, period, period, TimeUnit.MILLISECONDS);
    }

    private void endIfStalled() {
        long since = pendingSince;
        if (since != 0 && System.nanoTime() - since > timeout.toNanos()) {
            stalled = true;
            closeBody();
        }
    }

    int status() {
        return response.statusCode();
    }

    Optional<String> header(String name) {
        return response.headers().firstValue(name);
    }

    /** Returns the URL that was requested last. */
    URI uri() {
        return response.uri();
    }

    /** Returns where the server redirects to, or null if it does not. */
    @Nullable
    URI redirect() {
        boolean redirects =
                switch (status()) {
                    case 301, 302, 303, 307, 308 -> true;
                    default -> false;
                };
        if (!redirects) {
            return null;
        }
        try {
            URI target = uri().resolve(header("Location").orElse(""));
            return target.getHost() == null || target.getScheme() == null || target.equals(uri()) ? null : target;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /**
     * Reads some bytes.
     *
     * @return their number, or -1 at the end
     * @throws IOException if the connection breaks, or the server sends nothing for too long
     */
    int read(byte[] bytes, int offset, int length) throws IOException {
        // 0 means that no read is pending
        pendingSince = System.nanoTime() | 1;
        try {
            int read = response.body().read(bytes, offset, length);
            if (stalled) {
                throw stall();
            }
            return read;
        } catch (IOException e) {
            throw stalled ? stall() : e;
        } finally {
            pendingSince = 0;
        }
    }

    private IOException stall() {
        return new HttpTimeoutException("no byte for " + timeout.toMillis() + " ms");
    }

    /** Reads all of a short answer. */
    String text() throws IOException {
        byte[] bytes = new byte[1 << 13];
        int length = 0;
        for (int read = read(bytes, 0, bytes.length); read >= 0; read = read(bytes, length, bytes.length - length)) {
            length += read;
            if (length > MAX_TEXT_BYTES) {
                throw new IOException("the answer is longer than " + MAX_TEXT_BYTES + " bytes");
            }
            if (length == bytes.length) {
                bytes = java.util.Arrays.copyOf(bytes, length * 2);
            }
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    /** Returns the number of bytes that the body is announced to have. */
    OptionalLong contentLength() {
        return response.headers().firstValueAsLong("Content-Length");
    }

    /** Returns the first byte and the size of the whole file, if the answer is a part of it. */
    Optional<Part> part() {
        Matcher range = CONTENT_RANGE.matcher(header("Content-Range").orElse(""));
        try {
            return status() == 206 && range.matches()
                    ? Optional.of(new Part(Long.parseLong(range.group(1)), Long.parseLong(range.group(3))))
                    : Optional.empty();
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    /**
     * A part of a file.
     *
     * @param start position of the first byte
     * @param size size of the whole file
     */
    record Part(long start, long size) {}

    /** Returns how long the server asks to wait. */
    Optional<Duration> retryAfter() {
        return header("Retry-After").flatMap(Reply::delay);
    }

    private static Optional<Duration> delay(String text) {
        try {
            if (text.matches("\\d{1,9}")) {
                return Optional.of(Duration.ofSeconds(Long.parseLong(text)));
            }
            Instant until = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME)
                    .toInstant();
            Duration delay = Duration.between(Instant.now(), until);
            return Optional.of(delay.isNegative() ? Duration.ZERO : delay);
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    @Override
    public void close() {
        watch.cancel(false);
        closeBody();
    }

    private void closeBody() {
        try {
            response.body().close();
        } catch (IOException e) {
            // the connection is broken already
        }
    }
}
