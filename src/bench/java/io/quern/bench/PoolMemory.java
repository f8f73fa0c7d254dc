package io.quern.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The memory in MiB that the workers of one engine use after each has answered a short question.
 *
 * @param privateDirty of each worker, the written pages that it shares with no process
 * @param parent the process that has forked the workers, or empty if they were spawned
 * @param together of the workers and that process, with shared pages counted once
 */
record PoolMemory(List<Double> privateDirty, Optional<Parent> parent, double together) {
    static final int WORKERS = 4;

    private static final Pattern READY = Pattern.compile("workerId=\\d+ (?:pid=\\d+ )?ready after");
    private static final int ROUNDS = 20;
    private static final int TOKENS = 32;

    /** The memory of the launcher. Pages that its workers have not written either are shared, not private. */
    record Parent(double resident, double privateDirty) {}

    static PoolMemory measure(MethodEngine kind, Path model) throws IOException {
        try (Service service = Service.start(kind, model, WorkerStarts.SLOTS, WorkerStarts.CONTEXT);
                // Two readers, because one worker may be ready before another one is started.
                EngineLog started = new EngineLog(service);
                EngineLog ready = new EngineLog(service)) {
            List<ProcessHandle> workers = new ArrayList<>();
            for (int i = 0; i < WORKERS; i++) {
                workers.add(started.awaitWorker(kind.method()));
                ready.await(READY);
            }
            warmUpAllWorkers(service);
            Optional<ProcessHandle> parent = kind.method().equals("spawn")
                    ? Optional.empty()
                    : workers.getFirst().parent();
            PoolMemory memory = new PoolMemory(
                    workers.stream().map(Machine::privateDirtyMebibytes).toList(),
                    parent.map(p -> new Parent(Machine.residentMebibytes(p), Machine.privateDirtyMebibytes(p))),
                    workers.stream().mapToDouble(Machine::proportionalMebibytes).sum()
                            + parent.map(Machine::proportionalMebibytes).orElse(0.0));
            System.out.println(kind.title() + ": " + memory);
            return memory;
        }
    }

    /**
     * Sends questions until every worker has answered one. The engine gives each question to the least loaded worker,
     * so every worker has one when all answers run at the same time.
     */
    private static void warmUpAllWorkers(Service service) {
        for (int round = 0; round < ROUNDS; round++) {
            List<Answer> answers = Load.run(service, WORKERS, TOKENS, round);
            long allBegan = answers.stream().mapToLong(Answer::firstToken).max().orElseThrow();
            long oneEnded = answers.stream().mapToLong(Answer::ended).min().orElseThrow();
            if (allBegan < oneEnded) {
                return;
            }
        }
        throw new IllegalStateException(
                "the workers never all answered at the same time; the log: " + service.logEnd());
    }
}
