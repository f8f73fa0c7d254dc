package io.quern.router;

import io.quern.bench.Service;
import io.quern.faults.Story;
import io.quern.faults.Told;
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

    List<Future<Told>> begin(Service service, String name, int streams, int tokens) {
        List<Story> stories = Story.several(streams, tokens, 0);
        return IntStream.range(0, streams)
                .mapToObj(i -> threads.submit(() -> stories.get(i).tell(service, name + "-" + i)))
                .toList();
    }

    static List<Told> ends(List<Future<Told>> begun) throws InterruptedException, ExecutionException {
        List<Told> all = new ArrayList<>();
        for (Future<Told> one : begun) {
            all.add(one.get());
        }
        return all;
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
