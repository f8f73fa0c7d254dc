package io.quern.worker;

import io.quern.llama.Batch;
import io.quern.llama.ContextSettings;
import io.quern.llama.LlamaContext;
import io.quern.llama.LlamaException;
import io.quern.llama.LlamaLibrary;
import io.quern.llama.LlamaModel;
import io.quern.llama.LogLevel;
import io.quern.llama.ThreadClock;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * Measures how fast a model generates with numbers of threads and streams, in a process without an engine. Prints a
 * line for each result: {@code speed THREADS STREAMS TOKENS_PER_SECOND}, where 0 streams stand for the reading of a
 * prompt.
 *
 * <p>The speed is that of the fastest step, so that other work on the machine hardly affects it.
 */
final class SpeedTrial {
    private static final int CONTEXT = 256;
    private static final int PROMPT = 56;

    /** Steps and time of one measurement: at least these steps, then until the time is over. */
    private static final int LEAST_STEPS = 3;

    private static final long NANOS = 250_000_000;
    private static final double SECOND = 1e9;

    private final LlamaModel model;
    private final boolean prompts;
    private final boolean anyThreads;

    private SpeedTrial(LlamaModel model, WorkerArguments.Measure task) {
        this.model = model;
        prompts = !task.background();
        anyThreads = task.anyThreads();
    }

    static int run(WorkerArguments.Measure task, WorkerLog log) {
        if (task.background()) {
            LowPriority.apply();
        }
        try {
            LlamaLibrary library = LlamaLibrary.load(task.libraries(), false, log.least(), log::llama);
            try (LlamaModel model = LlamaModel.load(library, task.model(), true, share -> {})) {
                print("loaded");
                SpeedTrial trial = new SpeedTrial(model, task);
                for (int threads : task.threads()) {
                    trial.measure(threads, task.streams());
                }
            }
            return 0;
        } catch (LlamaException e) {
            log.worker(LogLevel.ERROR, e.getMessage());
            return WorkerMain.EXIT_CANNOT_SERVE;
        }
    }

    private void measure(int threads, int[] streams) {
        int most = 1;
        for (int number : streams) {
            most = Math.max(most, number);
        }
        // as WorkerSpecs and FlashAttention choose it
        ContextSettings settings = new ContextSettings(
                most,
                CONTEXT,
                Math.max(Decoding.MAX_CHUNK, most),
                threads,
                threads == 1 || anyThreads,
                threads > 1 && anyThreads,
                false);
        try (LlamaContext context = LlamaContext.create(model, settings);
                Batch batch = new Batch(settings.batchTokens())) {
            LongSupplier clock = clock(threads);
            if (prompts) {
                report(threads, 0, prefill(context, batch, clock));
            }
            for (int number : streams) {
                report(threads, number, decode(context, batch, number, clock));
            }
        }
    }

    /** A single thread is the calling one, and its processor time does not contain that of other programs. */
    private static LongSupplier clock(int threads) {
        return threads == 1 ? new ThreadClock()::nanos : System::nanoTime;
    }

    private double prefill(LlamaContext context, Batch batch, LongSupplier clock) {
        return fastest(() -> {
                    batch.clear();
                    for (int position = 0; position < PROMPT; position++) {
                        batch.add(token(position), position, 0, position == PROMPT - 1);
                    }
                    long begin = clock.getAsLong();
                    context.decode(batch);
                    long nanos = clock.getAsLong() - begin;
                    context.remove(0);
                    return nanos;
                })
                * PROMPT;
    }

    private double decode(LlamaContext context, Batch batch, int streams, LongSupplier clock) {
        int[] position = {0};
        double steps = fastest(() -> {
            if (position[0] == CONTEXT) {
                forget(context, streams);
                position[0] = 0;
            }
            batch.clear();
            for (int stream = 0; stream < streams; stream++) {
                batch.add(token(position[0] + stream), position[0], stream, true);
            }
            position[0]++;
            long begin = clock.getAsLong();
            context.decode(batch);
            return clock.getAsLong() - begin;
        });
        forget(context, streams);
        return steps * streams;
    }

    private static void forget(LlamaContext context, int streams) {
        for (int stream = 0; stream < streams; stream++) {
            context.remove(stream);
        }
    }

    private interface TimedStep {
        /** Runs a step, and returns its nanoseconds. */
        long run();
    }

    /** Returns steps per second. */
    private static double fastest(TimedStep step) {
        step.run();
        long least = Long.MAX_VALUE;
        long end = System.nanoTime() + NANOS;
        for (int done = 0; done < LEAST_STEPS || System.nanoTime() < end; done++) {
            least = Math.min(least, Math.max(1, step.run()));
        }
        return SECOND / least;
    }

    /** Any token: the time of a step does not depend on it. */
    private int token(int number) {
        return number % model.vocabulary().size();
    }

    private static void report(int threads, int streams, double speed) {
        print(String.format(Locale.ROOT, "speed %d %d %.2f", threads, streams, speed));
    }

    private static void print(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
