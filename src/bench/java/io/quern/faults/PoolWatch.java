package io.quern.faults;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Follows what the engine tells of its workers, to know when it has seen one's end. */
final class PoolWatch implements AutoCloseable {
    private final InputStream events;
    private final BlockingQueue<Long> losses = new LinkedBlockingQueue<>();

    PoolWatch(Engine engine) throws IOException {
        var connection = engine.get("/q/quern/pool/events");
        connection.setReadTimeout(0);
        events = connection.getInputStream();
        Thread.ofVirtual().start(this::read);
    }

    private void read() {
        try (var lines = new BufferedReader(new InputStreamReader(events, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("data:") && line.contains("\"from\":\"ready\",\"state\":\"failed\"")) {
                    losses.add(System.nanoTime());
                }
            }
        } catch (IOException e) {
            // closed
        }
    }

    /** How long after this time a worker's end was told. */
    double lossMillisAfter(long nanoTime) throws InterruptedException {
        Long told = losses.poll(Engine.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        if (told == null) {
            throw new IllegalStateException("expected a worker's end to be told, nothing came");
        }
        return (told - nanoTime) / 1e6;
    }

    @Override
    public void close() throws IOException {
        events.close();
    }
}
