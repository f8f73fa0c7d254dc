package io.quern.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quern.bench.Service;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** An engine under test. Closing it stops it and keeps its log. */
public final class Engine implements AutoCloseable {
    static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final Duration POLL = Duration.ofMillis(10);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Service service;
    private final int workers;
    private final Path kept;
    private final ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor();

    public Engine(Service service, int workers, Path kept) {
        this.service = service;
        this.workers = workers;
        this.kept = kept;
    }

    /** A worker, as the engine reports it. */
    public record WorkerView(long pid, String state, int busySlots) {
        public boolean ready() {
            return state.equals("ready");
        }

        /** Sends SIGKILL to its process. */
        public void kill() {
            ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
        }
    }

    public Service service() {
        return service;
    }

    /** Returns the process of the engine, which may be a child of the launcher. */
    public ProcessHandle engineProcess() {
        ProcessHandle started = service.process().toHandle();
        // a child that the engine itself has just forked still has its command line
        return runsJava(started)
                ? started
                : started.children()
                        .filter(child -> runsJava(child)
                                && child.info().commandLine().orElse("").contains("quarkus-run.jar"))
                        .findFirst()
                        .orElse(started);
    }

    private static boolean runsJava(ProcessHandle process) {
        return process.info().command().orElse("").endsWith("/java");
    }

    /** Opens a GET request to the management interface. Its body can be read once. */
    public HttpURLConnection get(String path) throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) service.management(path).toURL().openConnection();
        connection.setConnectTimeout((int) TIMEOUT.toMillis());
        connection.setReadTimeout((int) TIMEOUT.toMillis());
        return connection;
    }

    public JsonNode pool() {
        try (var in = get("/q/quern/pool").getInputStream()) {
            return JSON.readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the workers that have a process. */
    public List<WorkerView> workers() {
        List<WorkerView> now = new ArrayList<>();
        for (JsonNode worker : pool().get("workers")) {
            if (worker.hasNonNull("pid")) {
                now.add(new WorkerView(
                        worker.get("pid").asLong(),
                        worker.get("state").asText(),
                        worker.get("busySlots").asInt()));
            }
        }
        return now;
    }

    /** Returns whether all workers are ready and none of them is the lost process. */
    public boolean allReady(long lost) {
        List<WorkerView> now = workers();
        return now.size() == workers && now.stream().allMatch(worker -> worker.ready() && worker.pid() != lost);
    }

    public void awaitAllReady() {
        await("all workers are ready", () -> {
            try {
                return allReady(0);
            } catch (UncheckedIOException notYet) {
                return false;
            }
        });
    }

    /** Waits until no slot is busy, and returns the milliseconds that this took. */
    double awaitNoSlotBusy() {
        long begin = System.nanoTime();
        await("no slot is busy", () -> pool().get("busySlots").asInt() == 0);
        return Times.millisSince(begin);
    }

    /** Waits until the condition holds; fails if the engine ends before that. */
    public void await(String what, BooleanSupplier done) {
        long until = System.nanoTime() + TIMEOUT.toNanos();
        while (System.nanoTime() < until) {
            if (!service.process().isAlive()) {
                throw new IllegalStateException("expected: %s; saw the engine end with %d; its log: %s"
                        .formatted(what, service.process().exitValue(), service.logEnd()));
            }
            if (done.getAsBoolean()) {
                return;
            }
            Service.pause(POLL);
        }
        throw new IllegalStateException(
                "expected within %s: %s; its log: %s".formatted(TIMEOUT, what, service.logEnd()));
    }

    /** Sends all requests at once, each in a thread of its own. Their ids are {@code NAME-NUMBER}. */
    public List<Future<StreamedAnswer>> submit(String name, List<StreamRequest> requests) {
        return submit(name, requests, request -> {});
    }

    /**
     * Sends all requests at once.
     *
     * @param onChunk receives the index of a request at each chunk of its text, on any thread
     */
    List<Future<StreamedAnswer>> submit(String name, List<StreamRequest> requests, IntConsumer onChunk) {
        return IntStream.range(0, requests.size())
                .mapToObj(i ->
                        clients.submit(() -> requests.get(i).send(service, name + "-" + i, () -> onChunk.accept(i))))
                .toList();
    }

    public static List<StreamedAnswer> awaitAnswers(List<Future<StreamedAnswer>> pending) throws Exception {
        List<StreamedAnswer> all = new ArrayList<>();
        for (Future<StreamedAnswer> one : pending) {
            all.add(one.get(2 * TIMEOUT.toSeconds(), TimeUnit.SECONDS));
        }
        return all;
    }

    /** Types a key on the terminal of the engine. */
    void type(int key) throws IOException {
        OutputStream keyboard = service.process().getOutputStream();
        keyboard.write(key);
        keyboard.flush();
    }

    public List<MatchResult> logged(Pattern pattern) {
        try {
            return pattern.matcher(Files.readString(service.log())).results().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits for the engine to end, and returns its exit code. */
    public int exitCode() throws InterruptedException {
        if (!service.process().waitFor(TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
            throw new IllegalStateException(
                    "expected the engine to end within %s; its log: %s".formatted(TIMEOUT, service.logEnd()));
        }
        return service.process().exitValue();
    }

    @Override
    public void close() {
        clients.shutdownNow();
        try {
            service.close(kept);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
