package io.quern.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Sends many streams at once, each with its own question. */
public final class Load {
    private Load() {}

    /** Runs greedy requests, see {@link #run(Service, int, int, int, Sampling)}. */
    public static List<Answer> run(Service service, int streams, int tokens, int round) {
        return run(service, streams, tokens, round, Sampling.GREEDY);
    }

    /**
     * Runs {@code streams} requests at the same time, each for {@code tokens} tokens.
     *
     * @param round makes the questions of this round differ from those of others, so that no prompt cache helps
     */
    static List<Answer> run(Service service, int streams, int tokens, int round, Sampling sampling) {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Answer>> pending = new ArrayList<>();
            for (int stream = 0; stream < streams; stream++) {
                String text = "In round %d, guest %d asks: what does the sea tell the mountains at night?"
                        .formatted(round, stream);
                pending.add(threads.submit(() -> new Question(text, tokens, sampling).send(service)));
            }
            List<Answer> answers = new ArrayList<>();
            try {
                for (Future<Answer> answer : pending) {
                    answers.add(answer.get());
                }
            } catch (ExecutionException | InterruptedException e) {
                // Otherwise the other streams would be read to their ends, which may never come.
                threads.shutdownNow();
                throw e;
            }
            return answers;
        } catch (ExecutionException e) {
            throw new IllegalStateException(
                    "a stream of " + service.title() + " failed; its log: " + service.logEnd(), e.getCause());
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Returns the tokens per second of all streams together, from the first request to the end of the last stream. */
    public static double tokensPerSecond(List<Answer> answers) {
        long begin = answers.stream().mapToLong(Answer::sent).min().orElseThrow();
        long end = answers.stream().mapToLong(Answer::ended).max().orElseThrow();
        return tokens(answers) * 1e9 / (end - begin);
    }

    static long tokens(List<Answer> answers) {
        return answers.stream().mapToLong(Answer::tokens).sum();
    }

    public static double medianTimeToFirstTokenMillis(List<Answer> answers) {
        return Figures.median(
                answers.stream().map(Answer::timeToFirstTokenMillis).toList());
    }
}
