package io.quern.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.quern.engines.EngineRecord;
import io.quern.engines.EngineRecords;
import io.quern.engines.ManagementClient;
import io.quern.process.MemoryUse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Looks at engines again and again. Rates are those since the last look. Used by one thread; the engines are asked at
 * the same time, so that one that hangs does not delay the others.
 */
final class Survey implements AutoCloseable {
    private static final double NANOS = 1e9;

    private final EngineRecords records;
    private final List<URI> others;
    private final ManagementClient client;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private Map<Process, Reading> before = new HashMap<>();

    /** A worker's process; a restarted worker begins to count again. */
    private record Process(URI engine, int worker, long pid) {}

    private record Reading(long nanos, long tokens) {}

    /** @param others management URLs of further engines */
    Survey(EngineRecords records, List<URI> others, ManagementClient client) {
        this.records = records;
        this.others = others;
        this.client = client;
    }

    /** Looks at all engines. Blocks at most for the client's patience. */
    List<EngineStatus> look() throws InterruptedException {
        Map<Process, Reading> now = new ConcurrentHashMap<>();
        List<Future<EngineStatus>> looks = new ArrayList<>();
        for (EngineRecord engine : records.running()) {
            looks.add(threads.submit(() -> recorded(engine, now)));
        }
        for (URI url : others) {
            looks.add(threads.submit(() -> named(url, now)));
        }
        List<EngineStatus> engines = new ArrayList<>();
        for (Future<EngineStatus> look : looks) {
            try {
                engines.add(look.get());
            } catch (ExecutionException e) {
                throw new IllegalStateException(e.getCause());
            }
        }
        before = now;
        return engines;
    }

    private EngineStatus recorded(EngineRecord engine, Map<Process, Reading> now) throws InterruptedException {
        EngineStatus bare = new EngineStatus(
                engine.process().pid(),
                engine.api().map(URI::toString).orElse(null),
                engine.management().map(URI::toString).orElse(null),
                engine.since(),
                engine.sessionOf().orElse(null),
                boxed(MemoryUse.of(engine.process().pid()).resident()),
                null,
                null,
                null,
                0,
                0,
                List.of());
        return engine.management().isEmpty()
                ? with(bare, "It has no management interface.")
                : asked(bare, engine.management().get(), modelName(engine.model()), true, now);
    }

    private EngineStatus named(URI url, Map<Process, Reading> now) throws InterruptedException {
        EngineStatus bare =
                new EngineStatus(null, null, url.toString(), null, null, null, null, null, null, 0, 0, List.of());
        return asked(bare, url, "", isLocal(url), now);
    }

    private static boolean isLocal(URI url) {
        try {
            return InetAddress.getByName(url.getHost()).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }

    private EngineStatus asked(EngineStatus bare, URI url, String model, boolean local, Map<Process, Reading> now)
            throws InterruptedException {
        JsonNode pool;
        try {
            pool = client.pool(url);
        } catch (IOException e) {
            return with(bare, e.getMessage());
        }
        List<EngineStatus.Worker> workers = new ArrayList<>();
        if (pool.path("models").isArray()) {
            for (JsonNode one : pool.path("models")) {
                addWorkers(one, url, one.path("name").asText(), local, now, workers);
            }
        } else {
            addWorkers(pool, url, model, local, now, workers);
        }
        return new EngineStatus(
                bare.pid(),
                bare.api(),
                bare.management(),
                bare.since(),
                bare.ownedBy(),
                bare.residentBytes(),
                pool.path("state").asText(null),
                pool.path("reason").asText(null),
                null,
                pool.path("running").asInt(),
                pool.path("waiting").asInt(),
                workers);
    }

    /** Adds the workers of a model; a model without workers gets a row with its state. */
    private void addWorkers(
            JsonNode of,
            URI engine,
            String model,
            boolean local,
            Map<Process, Reading> now,
            List<EngineStatus.Worker> workers) {
        if (of.path("workers").isEmpty()) {
            workers.add(new EngineStatus.Worker(
                    null,
                    null,
                    model,
                    of.path("state").asText(),
                    of.path("detail").asText(null),
                    0,
                    0,
                    null,
                    null,
                    null,
                    0));
        }
        for (JsonNode worker : of.path("workers")) {
            workers.add(worker(worker, engine, model, local, now));
        }
    }

    private EngineStatus.Worker worker(
            JsonNode worker, URI engine, String model, boolean local, Map<Process, Reading> now) {
        Long pid = worker.hasNonNull("pid") ? worker.path("pid").asLong() : null;
        MemoryUse memory =
                pid != null && local ? MemoryUse.of(pid) : new MemoryUse(OptionalLong.empty(), OptionalLong.empty());
        Double rate = null;
        if (pid != null && worker.has("generatedTokens")) {
            Process process = new Process(engine, worker.path("id").asInt(), pid);
            Reading reading = new Reading(
                    System.nanoTime(), worker.path("generatedTokens").asLong());
            now.put(process, reading);
            rate = rate(before.get(process), reading);
        }
        return new EngineStatus.Worker(
                worker.path("id").asInt(),
                pid,
                model,
                worker.path("standby").asBoolean()
                        ? "standby"
                        : worker.path("state").asText(),
                worker.path("detail").asText(null),
                worker.path("slots").asInt(),
                worker.path("busySlots").asInt(),
                rate,
                boxed(memory.resident()),
                boxed(memory.proportional()),
                worker.path("restarts").asInt());
    }

    private static @Nullable Double rate(@Nullable Reading before, Reading now) {
        if (before == null || now.nanos() <= before.nanos()) {
            return null;
        }
        return (now.tokens() - before.tokens()) * NANOS / (now.nanos() - before.nanos());
    }

    private static EngineStatus with(EngineStatus bare, String problem) {
        return new EngineStatus(
                bare.pid(),
                bare.api(),
                bare.management(),
                bare.since(),
                bare.ownedBy(),
                bare.residentBytes(),
                null,
                null,
                problem,
                0,
                0,
                List.of());
    }

    private static @Nullable Long boxed(OptionalLong value) {
        return value.isPresent() ? value.getAsLong() : null;
    }

    /** Returns a short name for a model that was configured by the path of its file. */
    private static String modelName(String configured) {
        return configured.startsWith("/")
                ? configured.substring(configured.lastIndexOf('/') + 1).replaceFirst("\\.gguf$", "")
                : configured;
    }

    @Override
    public void close() {
        threads.shutdownNow();
        client.close();
    }
}
