package io.quern.weights;

import io.quern.llama.Batch;
import io.quern.llama.ContextSettings;
import io.quern.llama.LlamaContext;
import io.quern.llama.LlamaLibrary;
import io.quern.llama.LlamaModel;
import io.quern.llama.ThreadClock;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Compares two files of the same model: how well each predicts a text, how much their predictions differ, and how fast
 * they are. It loads them one after the other.
 */
final class Comparison {
    /** Streams whose speed is measured, and the slots of the context. */
    private static final int STREAMS = 8;

    private static final int WINDOW = 256;
    private static final int BATCH = 128;

    /** Tokens at the begin of a window that are not scored, since too little comes before them. */
    private static final int UNSCORED = 16;

    private static final int MOST_SCORED = 1024;
    private static final long MOST_KEPT_BYTES = 256L << 20;

    /** After this time no further window of the first file begins. */
    private static final long PATIENCE_NANOS = 60_000_000_000L;

    private final LlamaLibrary library;
    private final int threads;
    private final Answer answer;

    /** With one thread, the time for which it has computed: other processes may use the processor, too. */
    private final LongSupplier clock;

    Comparison(LlamaLibrary library, int threads, Answer answer) {
        this.library = library;
        this.threads = threads;
        this.answer = answer;
        ThreadClock own = new ThreadClock();
        this.clock = threads == 1 ? own::nanos : System::nanoTime;
    }

    void run(Path from, Path to) {
        int[] tokens;
        int windows;
        LogProbabilities kept;
        Score first;
        try (LlamaModel model = load(from);
                LlamaContext context = context(model)) {
            tokens = tokens(model);
            windows = windows(tokens, model.vocabulary().size());
            kept = new LogProbabilities(windows * (WINDOW - UNSCORED));
            first = score(context, tokens, windows, PATIENCE_NANOS, 1, kept, null);
            speed(context, tokens, 1);
        }
        if (first.windows() == 0) {
            return;
        }
        try (LlamaModel model = load(to);
                LlamaContext context = context(model)) {
            Score second = score(context, tokens, first.windows(), Long.MAX_VALUE, 2, kept, first);
            speed(context, tokens, 2);
            answer.line(
                    "quality",
                    second.positions(),
                    first.perplexity(),
                    second.perplexity(),
                    (double) second.agreements() / second.positions(),
                    second.divergence() / second.positions());
        }
    }

    private LlamaModel load(Path file) {
        return LlamaModel.load(library, file, true, share -> {});
    }

    private LlamaContext context(LlamaModel model) {
        return LlamaContext.create(
                model, new ContextSettings(STREAMS, WINDOW, BATCH, threads, threads == 1, false, false, BATCH));
    }

    private static int[] tokens(LlamaModel model) {
        return model.vocabulary().tokenize(SampleText.utf8(), false);
    }

    private static int windows(int[] tokens, int vocabulary) {
        long most = Math.min(MOST_SCORED, MOST_KEPT_BYTES / Short.BYTES / vocabulary);
        return (int) Math.max(1, Math.min(tokens.length / WINDOW, most / (WINDOW - UNSCORED)));
    }

    /**
     * What a pass over the text found.
     *
     * @param best the most likely token at each position
     * @param agreements positions at which it is that of the first file
     */
    private record Score(
            int windows, int positions, double logLikelihood, int[] best, int agreements, double divergence) {
        double perplexity() {
            return Math.exp(-logLikelihood / positions);
        }
    }

    private Score score(
            LlamaContext context,
            int[] tokens,
            int windows,
            long patience,
            int file,
            LogProbabilities kept,
            @Nullable Score before) {
        long begin = System.nanoTime();
        int[] best = new int[windows * (WINDOW - UNSCORED)];
        double logLikelihood = 0;
        double divergence = 0;
        int agreements = 0;
        int position = 0;
        int window = 0;
        try (Batch batch = new Batch(BATCH)) {
            for (; window < windows && (window == 0 || System.nanoTime() - begin < patience); window++) {
                int start = window * WINDOW;
                // the last token of the text has none after it
                int length = Math.min(WINDOW, tokens.length - 1 - start);
                for (int from = 0; from < length; from += BATCH) {
                    batch.clear();
                    for (int i = from; i < Math.min(length, from + BATCH); i++) {
                        batch.add(tokens[start + i], i, 0, true);
                    }
                    context.decode(batch);
                    for (int i = from; i < from + batch.size(); i++) {
                        if (i < UNSCORED) {
                            continue;
                        }
                        float[] logits = context.logits(i - from);
                        best[position] = LogProbabilities.normalise(logits);
                        logLikelihood += logits[tokens[start + i + 1]];
                        if (before == null) {
                            kept.put(position, logits);
                        } else {
                            divergence += kept.divergence(position, logits);
                            agreements += best[position] == before.best()[position] ? 1 : 0;
                        }
                        position++;
                    }
                    answer.line("progress", file, window * WINDOW + from + batch.size(), windows * WINDOW);
                }
                context.remove(0);
            }
        }
        return new Score(window, position, logLikelihood, best, agreements, divergence);
    }

    /** Measures tokens per second: of a prompt, of one stream, and of several together. */
    private void speed(LlamaContext context, int[] tokens, int file) {
        int prompt = Math.min(WINDOW, tokens.length);
        double prefill = 0;
        for (int repetition = 0; repetition < 2; repetition++) {
            long begin = clock.getAsLong();
            try (Batch batch = new Batch(BATCH)) {
                for (int from = 0; from < prompt; from += BATCH) {
                    batch.clear();
                    for (int i = from; i < Math.min(prompt, from + BATCH); i++) {
                        batch.add(tokens[i], i, 0, i == prompt - 1);
                    }
                    context.decode(batch);
                }
            }
            prefill = Math.max(prefill, prompt * 1e9 / (clock.getAsLong() - begin));
            context.remove(0);
        }
        answer.line("speed", file, prefill, decode(context, tokens, 1), decode(context, tokens, STREAMS));
    }

    /** Decodes as a worker does, and returns the tokens per second of the median step. */
    private double decode(LlamaContext context, int[] tokens, int streams) {
        final int steps = 24;
        final long most = 20_000_000_000L;
        long[] nanos = new long[steps];
        int done = 0;
        long start = System.nanoTime();
        try (Batch batch = new Batch(streams)) {
            for (; done < steps && (done < 3 || System.nanoTime() - start < most); done++) {
                batch.clear();
                for (int stream = 0; stream < streams; stream++) {
                    batch.add(tokens[(stream * steps + done) % tokens.length], done, stream, true);
                }
                long begin = clock.getAsLong();
                context.decode(batch);
                nanos[done] = clock.getAsLong() - begin;
            }
        }
        for (int stream = 0; stream < streams; stream++) {
            context.remove(stream);
        }
        long[] sorted = Arrays.copyOf(nanos, done);
        Arrays.sort(sorted);
        return streams * 1e9 / sorted[done / 2];
    }
}
