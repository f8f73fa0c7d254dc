package io.quern.router;

import io.quern.bench.Service;
import io.quern.faults.StreamRequest;
import io.quern.faults.StreamedAnswer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/** Sends streams that run at the same time. */
final class Clients implements AutoCloseable {
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    /**
     * Sends all requests at once.
     *
     * @param name part of each question: a new name makes sure that no prompt cache helps
     */
    List<Future<StreamedAnswer>> submit(Service service, String name, int streams, int tokens) {
        return IntStream.range(0, streams)
                .mapToObj(i -> new StreamRequest(
                        "In %s, guest %d asks: what does the sea tell the mountains?".formatted(name, i), tokens, 0, 0))
                .map(request -> threads.submit(() -> request.send(
                        service, Integer.toHexString(request.question().hashCode()))))
                .toList();
    }

    static List<StreamedAnswer> awaitAnswers(List<Future<StreamedAnswer>> pending)
            throws InterruptedException, ExecutionException {
        List<StreamedAnswer> all = new ArrayList<>();
        for (Future<StreamedAnswer> one : pending) {
            all.add(one.get());
        }
        return all;
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
