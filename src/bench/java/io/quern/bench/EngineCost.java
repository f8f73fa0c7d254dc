package io.quern.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * Measures the processor time that the engine spends on each streamed token. The model is so small that the engine has
 * much to do.
 */
final class EngineCost {
    private static final int STREAMS = 64;
    private static final int TOKENS = 900;
    private static final int ROUNDS = 6;
    private static final int WARM_UP = 2;

    private EngineCost() {}

    static String table(Service.Kind quern) {
        List<Double> costs = new ArrayList<>();
        List<Double> speeds = new ArrayList<>();
        double engineMemory;
        double workerMemory;
        try (Service service = Service.start(quern, null, STREAMS, 1024)) {
            ProcessHandle engine = service.processes().getFirst();
            for (int round = 0; round < ROUNDS; round++) {
                double before = Machine.cpuSeconds(engine);
                List<Answer> answers = Load.run(service, STREAMS, TOKENS, round);
                double spent = Machine.cpuSeconds(engine) - before;
                double micros = spent * 1e6 / Load.tokens(answers);
                System.out.printf(
                        "engine: round %d, %.1f us a token, %.0f tokens/s%n",
                        round, micros, Load.tokensPerSecond(answers));
                if (round >= WARM_UP) {
                    costs.add(micros);
                    speeds.add(Load.tokensPerSecond(answers));
                }
            }
            engineMemory = Machine.residentMebibytes(engine);
            workerMemory = Machine.residentMebibytes(worker(service));
        }
        return """
                #### Cost of the engine: demo model, %d streams of %d tokens

                | figure | value |
                |---|---|
                | engine CPU per streamed token | %.1f us |
                | tokens per second | %.0f |
                | resident memory of the engine afterwards | %.0f MiB |
                | resident memory of the worker (%d slots of 1024 tokens) | %.0f MiB |

                """.formatted(
                STREAMS, TOKENS, Figures.median(costs), Figures.median(speeds), engineMemory, STREAMS, workerMemory);
    }

    private static ProcessHandle worker(Service service) {
        return service.processes().stream()
                .filter(p -> p.info().commandLine().orElse("").contains("io.quern.worker.WorkerMain"))
                .findFirst()
                .orElseThrow();
    }
}
