package io.quern.attacks;

import io.quern.bench.Service;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/** Tries wrong keys over several connections, as fast as answers come. */
final class GuessedKeys implements Attack {
    private static final int CONNECTIONS = 8;
    private static final Duration TIME = Duration.ofSeconds(3);

    /** {@code quern.openai.failed-logins.limit}. */
    private static final int LIMIT = 10;

    /**
     * Lines that may be logged: the first, and one for each {@code quern.openai.failed-logins.log-interval} that begins
     * during the attack.
     */
    private static final int LINES = 2;

    @Override
    public String name() {
        return "guessed-keys";
    }

    @Override
    public String tries() {
        return "A client tries one wrong key after the other."
                + " The engine should check only a few, log them, and still serve the right key.";
    }

    @Override
    public Finding run(Target target) throws IOException {
        Victim victim = target.shared();
        int linesBefore = lines(victim);
        AtomicInteger unauthorized = new AtomicInteger();
        AtomicInteger throttled = new AtomicInteger();
        long end = System.nanoTime() + TIME.toNanos();
        int right;
        try (ExecutorService guessers = Executors.newFixedThreadPool(CONNECTIONS)) {
            List<Future<Void>> running = new ArrayList<>();
            for (int i = 0; i < CONNECTIONS; i++) {
                int guesser = i;
                running.add(guessers.submit(() -> {
                    guess(victim, guesser, end, unauthorized, throttled);
                    return null;
                }));
            }
            Service.pause(TIME.dividedBy(2));
            right = victim.chat(Duration.ofSeconds(10));
            for (Future<Void> guesser : running) {
                guesser.get();
            }
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        int lines = lines(victim) - linesBefore;
        int most = LIMIT + CONNECTIONS * (int) (TIME.toSeconds() + 1);
        int guesses = unauthorized.get() + throttled.get();
        return Finding.of(
                unauthorized.get() <= LIMIT && guesses <= most && lines >= 1 && lines <= LINES && right == 200,
                "%d guesses in %d s over %d connections (%d x 401, %d x 429); lines in the log: %d; the right key: %d",
                guesses,
                TIME.toSeconds(),
                CONNECTIONS,
                unauthorized.get(),
                throttled.get(),
                lines,
                right);
    }

    private static void guess(Victim victim, int guesser, long end, AtomicInteger unauthorized, AtomicInteger throttled)
            throws IOException {
        try (Socket socket = victim.connect()) {
            InputStream in = new BufferedInputStream(socket.getInputStream());
            for (int i = 0; System.nanoTime() < end; i++) {
                socket.getOutputStream()
                        .write("GET /v1/models HTTP/1.1\r\nhost: x\r\nauthorization: Bearer %d-%d\r\n\r\n"
                                .formatted(guesser, i)
                                .getBytes(StandardCharsets.US_ASCII));
                int status = answer(in);
                if (status == 401) {
                    unauthorized.incrementAndGet();
                } else if (status == 429) {
                    throttled.incrementAndGet();
                } else {
                    throw new IOException("a wrong key got status " + status);
                }
            }
        }
    }

    /** Reads one answer with a content-length and returns its status. */
    private static int answer(InputStream in) throws IOException {
        int status = Integer.parseInt(line(in).split(" ")[1]);
        int length = 0;
        for (String line = line(in); !line.isEmpty(); line = line(in)) {
            if (line.toLowerCase(java.util.Locale.ROOT).startsWith("content-length:")) {
                length = Integer.parseInt(line.substring(line.indexOf(':') + 1).strip());
            }
        }
        in.skipNBytes(length);
        return status;
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new IOException("the connection was closed in the middle of a head");
            }
            line.append((char) c);
        }
        return line.toString().strip();
    }

    private static int lines(Victim victim) {
        return (int) victim.log()
                .lines()
                .filter(line -> line.contains("without a valid API key"))
                .count();
    }
}
