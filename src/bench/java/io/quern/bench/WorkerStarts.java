package io.quern.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Kills the only worker of an engine again and again, and measures when the next one is ready and gives its first
 * token.
 */
final class WorkerStarts implements AutoCloseable {
    private static final Pattern READY = Pattern.compile("workerId=0 (?:pid=\\d+ )?ready after (\\d+) ms");

    /** As in the measurement of whole starts. llama.cpp clears all of a KV cache, whatever the start method is. */
    static final int SLOTS = 4;

    static final int CONTEXT = 512;

    /** Pause in which the engine and the kernel finish what belongs to the start before. */
    private static final Duration SETTLE_TIME = Duration.ofMillis(300);

    private static final int WARM_UP_QUESTIONS = 20;

    private final MethodEngine kind;
    private final Service service;
    private final EngineLog log;
    private final List<Double> readyMillis = new ArrayList<>();
    private final List<Double> firstTokenMillis = new ArrayList<>();
    private ProcessHandle worker;

    WorkerStarts(MethodEngine kind, Path model) throws IOException {
        this.kind = kind;
        this.service = Service.start(kind, model, SLOTS, CONTEXT);
        this.log = new EngineLog(service);
        awaitReady();
        for (int i = 0; i < WARM_UP_QUESTIONS; i++) {
            question().send(service);
        }
    }

    /** Kills the worker and measures the next one. */
    void sample(boolean counted) throws IOException {
        Service.pause(SETTLE_TIME);
        worker.destroyForcibly();
        double ready = awaitReady();
        Answer answer = question().send(service);
        double firstToken = ready + answer.timeToFirstTokenMillis();
        System.out.printf("%s: ready after %.0f ms, first token after %.0f ms%n", kind.title(), ready, firstToken);
        if (counted) {
            readyMillis.add(ready);
            firstTokenMillis.add(firstToken);
        }
    }

    /** Returns the milliseconds from each launch, as the supervisor counts them, to READY. */
    List<Double> readyMillis() {
        return readyMillis;
    }

    /** Returns these milliseconds plus the time of a first short question to the cold worker. */
    List<Double> firstTokenMillis() {
        return firstTokenMillis;
    }

    private double awaitReady() throws IOException {
        worker = log.awaitWorker(kind.method());
        return Double.parseDouble(log.await(READY).group(1));
    }

    private static Question question() {
        return new Question("Say hello.", 1);
    }

    @Override
    public void close() throws IOException {
        log.close();
        service.close();
    }
}
