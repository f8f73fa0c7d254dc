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

/** Streams that all run at once. */
final class Clients implements AutoCloseable {
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    /** @param name stands in each question, so that no cache of prompts helps where it is a new one */
    List<Future<StreamedAnswer>> submit(Service service, String name, int streams, int tokens) {
        return IntStream.range(0, streams)
                .mapToObj(i -> new StreamRequest(
                        "In %s, guest %d asks: what does the sea tell the mountains?".formatted(name, i), tokens, 0, 0))
                .map(request -> threads.submit(() ->
                        request.send(service, Integer.toHexString(request.question().hashCode()))))
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
