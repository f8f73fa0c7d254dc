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
import java.nio.file.StandardCopyOption;
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

/** An engine that faults happen to. Its log is kept when it is closed. */
public final class Engine implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(60);
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

    /** A worker as the engine tells of it. */
    public record WorkerNow(long pid, String state, int busySlots) {
        public boolean ready() {
            return state.equals("ready");
        }

        /** By SIGKILL, from outside. */
        public void kill() {
            ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
        }
    }

    public Service service() {
        return service;
    }

    /** The engine's own process, which may be a child of the launcher. */
    public ProcessHandle itself() {
        ProcessHandle started = service.process().toHandle();
        return started.children()
                .filter(child -> child.info().commandLine().orElse("").contains("quarkus-run.jar"))
                .findFirst()
                .orElse(started);
    }

    /** GET of what the engine serves to operators; the body may be asked for once. */
    public HttpURLConnection get(String path) throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) service.management(path).toURL().openConnection();
        connection.setConnectTimeout((int) PATIENCE.toMillis());
        connection.setReadTimeout((int) PATIENCE.toMillis());
        return connection;
    }

    public JsonNode pool() {
        try (var in = get("/q/quern/pool").getInputStream()) {
            return JSON.readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Those that have a process. */
    public List<WorkerNow> workers() {
        List<WorkerNow> now = new ArrayList<>();
        for (JsonNode worker : pool().get("workers")) {
            if (worker.hasNonNull("pid")) {
                now.add(new WorkerNow(
                        worker.get("pid").asLong(),
                        worker.get("state").asText(),
                        worker.get("busySlots").asInt()));
            }
        }
        return now;
    }

    /** Whether all workers are ready, and none is that process. */
    public boolean full(long lost) {
        List<WorkerNow> now = workers();
        return now.size() == workers && now.stream().allMatch(worker -> worker.ready() && worker.pid() != lost);
    }

    public void awaitFull() {
        await("all workers are ready", () -> {
            try {
                return full(0);
            } catch (UncheckedIOException notYet) {
                return false;
            }
        });
    }

    /** Returns how long that took, in milliseconds. */
    double awaitNoSlotBusy() {
        long begin = System.nanoTime();
        await("no slot is busy", () -> pool().get("busySlots").asInt() == 0);
        return Times.millisSince(begin);
    }

    /** Waits for something that the engine, which must go on living, will do. */
    public void await(String what, BooleanSupplier done) {
        long until = System.nanoTime() + PATIENCE.toNanos();
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
                "expected within %s: %s; its log: %s".formatted(PATIENCE, what, service.logEnd()));
    }

    /** Each story in a thread of its own, all at once. The ids are {@code NAME-NUMBER}. */
    public List<Future<StreamedAnswer>> begin(String name, List<StreamRequest> stories) {
        return begin(name, stories, story -> {});
    }

    /** @param heard told the number of the story with each chunk of text that comes; on any thread */
    List<Future<StreamedAnswer>> begin(String name, List<StreamRequest> stories, IntConsumer heard) {
        return IntStream.range(0, stories.size())
                .mapToObj(
                        i -> clients.submit(() -> stories.get(i).tell(service, name + "-" + i, () -> heard.accept(i))))
                .toList();
    }

    public static List<StreamedAnswer> ends(List<Future<StreamedAnswer>> begun) throws Exception {
        List<StreamedAnswer> all = new ArrayList<>();
        for (Future<StreamedAnswer> one : begun) {
            all.add(one.get(2 * PATIENCE.toSeconds(), TimeUnit.SECONDS));
        }
        return all;
    }

    /** As if the key were pressed on its terminal. */
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

    /** Its exit code, if it ends within the patience. */
    public int exitCode() throws InterruptedException {
        if (!service.process().waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            throw new IllegalStateException(
                    "expected its end within %s; its log: %s".formatted(PATIENCE, service.logEnd()));
        }
        return service.process().exitValue();
    }

    @Override
    public void close() {
        clients.shutdownNow();
        try {
            service.process().destroy();
            service.process().waitFor(20, TimeUnit.SECONDS);
            Files.copy(service.log(), kept, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        } finally {
            service.close();
        }
    }
}
