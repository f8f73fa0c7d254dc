package io.quern.faults;

import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Reads the events of the pool and notes when the engine reports the loss of a worker. */
final class PoolWatch implements AutoCloseable {
    // HttpURLConnection would not do: closing its stream waits for the next event if another thread reads, and that
    // event may never come.
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final BlockingQueue<Long> losses = new LinkedBlockingQueue<>();

    PoolWatch(Engine engine) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(engine.service().management("/q/quern/pool/events"))
                .build();
        Stream<String> lines = client.sendAsync(request, BodyHandlers.ofLines())
                .get(Engine.TIMEOUT.toSeconds(), TimeUnit.SECONDS)
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

    /** Returns the milliseconds from this time to the report of a worker's loss. */
    double lossMillisAfter(long nanoTime) throws InterruptedException {
        Long seen = losses.poll(Engine.TIMEOUT.toSeconds(), TimeUnit.SECONDS);
        if (seen == null) {
            throw new IllegalStateException("expected the engine to report the loss of a worker, saw no event");
        }
        return (seen - nanoTime) / 1e6;
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
