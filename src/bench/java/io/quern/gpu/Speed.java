package io.quern.gpu;

import io.quern.bench.Answer;
import io.quern.bench.Figures;
import io.quern.bench.Load;
import io.quern.bench.Service;
import io.quern.gpu.TestBed.EngineSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Compares Quern with llama-server of the same build on the same device. */
final class Speed {
    private static final int SLOTS = 64;
    private static final int ROUNDS = 3;
    private static final int[] STREAMS = {1, 8, 64};

    /** A row takes 10 to 20 s. On an H200 a llama-server hung and took the time of all rows after it. */
    private static final int SERVER_SECONDS = 50;

    private Speed() {}

    /** A server to measure. */
    private record Server(String title, Service.Kind kind) {}

    static void run(TestBed testBed) throws Exception {
        boolean peer = testBed.device() && Files.exists(testBed.server());
        if (testBed.device() && !peer) {
            testBed.check(false, "llama-server was built");
        }
        testBed.report()
                .line(
                        "Tokens per second of all streams together and time to the first token, medians of %d rounds, greedy."
                                        .formatted(ROUNDS)
                                + " One server at a time, each with 64 slots of 512 tokens.");
        testBed.report()
                .table(
                        "model",
                        "server",
                        "boot to first token, s",
                        "1 stream",
                        "8 streams",
                        "64 streams",
                        "first token: 1",
                        "8",
                        "64",
                        "share of the memory bandwidth, 1 stream",
                        "GPU memory, MiB");
        // The most important rows first, because the time may end.
        for (boolean defaults : testBed.device() ? List.of(true, false) : List.of(true)) {
            for (String name : List.of("random-Q4_0", "random-F16")) {
                for (Server server :
                        defaults ? withDefaults(testBed, name, peer) : List.of(withoutFlashAttention(testBed, name))) {
                    try {
                        testBed.report().row(limited(testBed, name, server).toArray());
                    } catch (TimeoutException e) {
                        failed(testBed, name, server, "not done within " + SERVER_SECONDS + " s");
                    } catch (ExecutionException e) {
                        failed(testBed, name, server, e.getCause().getMessage());
                    }
                }
            }
        }
        testBed.report().line("");
    }

    /**
     * Measures a server in a thread of its own, so that one that hangs costs only its row.
     *
     * @throws InterruptedException if the time of the step is over; the report goes on without it
     */
    private static List<Object> limited(TestBed testBed, String name, Server server)
            throws InterruptedException, ExecutionException, TimeoutException {
        FutureTask<List<Object>> row = new FutureTask<>(() -> measure(testBed, name, testBed.model(name), server));
        Thread.ofPlatform().daemon().name(server.title()).start(row);
        try {
            return row.get(SERVER_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            // Before it is asked to stop, because then its log would be deleted.
            testBed.clear();
            throw e;
        } finally {
            row.cancel(true);
        }
    }

    private static void failed(TestBed testBed, String name, Server server, String why) {
        testBed.report().row(name, server.title(), "FAILED: " + why);
        testBed.failures().incrementAndGet();
        testBed.clear();
    }

    private static List<Server> withDefaults(TestBed testBed, String name, boolean peer) {
        Server quern = new Server("Quern, default settings", testBed.quern(engineSettings(testBed, name)));
        return peer
                ? List.of(quern, new Server("llama-server", new Service.LlamaServer(testBed.server(), 0)))
                : List.of(quern);
    }

    private static Server withoutFlashAttention(TestBed testBed, String name) {
        return new Server(
                "Quern, flash attention off",
                testBed.quern(engineSettings(testBed, name).with(Map.of("QUERN_WORKER_FLASH_ATTENTION", "off"))));
    }

    private static EngineSettings engineSettings(TestBed testBed, String name) {
        return new EngineSettings("auto", testBed.model(name), SLOTS, Serving.CONTEXT);
    }

    private static List<Object> measure(TestBed testBed, String name, Path model, Server server) {
        boolean device = testBed.device();
        double before = Serving.used(testBed);
        List<Object> row = new ArrayList<>(List.of(name, server.title()));
        List<Object> firsts = new ArrayList<>();
        double alone = 0;
        double used;
        try (Service service = testBed.launch(server.kind(), model, SLOTS, Serving.CONTEXT)) {
            row.add("%.2f".formatted(Serving.bootSeconds(service)));
            used = Serving.used(testBed) - before;
            for (int streams : STREAMS) {
                int tokens = device ? streams == 64 ? 128 : 256 : 32;
                Load.run(service, streams, 16, -1);
                List<Double> speeds = new ArrayList<>();
                List<Double> waits = new ArrayList<>();
                for (int round = 0; round < (device ? ROUNDS : 1); round++) {
                    List<Answer> answers = Load.run(service, streams, tokens, round);
                    speeds.add(Load.tokensPerSecond(answers));
                    waits.add(Load.medianTimeToFirstTokenMillis(answers));
                }
                alone = streams == 1 ? Figures.median(speeds) : alone;
                row.add("%.0f".formatted(Figures.median(speeds)));
                firsts.add("%.0f ms".formatted(Figures.median(waits)));
            }
        }
        row.addAll(firsts);
        RandomModel read = RandomModel.billion(name.endsWith("F16"));
        row.add(
                device
                        ? "%.0f%%"
                                .formatted(100
                                        * alone
                                        * read.weightBytes()
                                        / testBed.gpu().bandwidth())
                        : "no device");
        row.add(device ? "%.0f".formatted(used) : "no device");
        return row;
    }
}
