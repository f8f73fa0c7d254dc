package io.quern.faults;

import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Follows what the engine tells of its workers, to know when it has seen one's end. */
final class PoolWatch implements AutoCloseable {
    // not HttpURLConnection: to close a stream of that while another thread reads it waits for the next event, which
    // may never come
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final BlockingQueue<Long> losses = new LinkedBlockingQueue<>();

    PoolWatch(Engine engine) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(engine.service().management("/q/quern/pool/events"))
                .build();
        Stream<String> lines = client.sendAsync(request, BodyHandlers.ofLines())
                .get(Engine.PATIENCE.toSeconds(), TimeUnit.SECONDS)
                .body();
        Thread.ofVirtual().start(() -> read(lines));
    }

    private void read(Stream<String> lines) {
        try (lines) {
            lines.filter(line -> line.startsWith("data:") && line.contains("\"from\":\"ready\",\"state\":\"failed\""))
                    .forEach(line -> losses.add(System.nanoTime()));
        } catch (UncheckedIOException e) {
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
    public void close() {
        client.shutdownNow();
    }
}
