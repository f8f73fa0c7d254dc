package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.llama.Batch;
import io.quern.llama.ContextSettings;
import io.quern.llama.LlamaContext;
import io.quern.llama.LlamaModel;
import io.quern.llama.TestNatives;
import io.quern.llama.Vocabulary;
import io.quern.wire.Generate;
import io.quern.wire.Grammar;
import io.quern.wire.Sampling;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Draws tokens with many seeds from the same logits, and compares how often each comes with a reference that computes
 * probabilities from these logits on its own (chi-square).
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ChoiceDistributionContract {
    private static final int MANY_SEEDS = 10_000;
    private static final int CONTEXT = 64;
    private static final int LEAST_EXPECTED = 5;

    private final Path file;
    private final int seeds;
    private LlamaModel model;
    private Vocabulary vocabulary;
    private LlamaContext context;
    private Batch batch;
    private int[] prompt;
    private int output;
    private float[] logits;

    /** @param seeds number of seeds for most tests; a large vocabulary takes longer */
    ChoiceDistributionContract(Path file, int seeds) {
        this.file = file;
        this.seeds = seeds;
    }

    @BeforeAll
    void load() {
        model = TestNatives.load(file);
        vocabulary = model.vocabulary();
        context = LlamaContext.create(model, new ContextSettings(1, CONTEXT, CONTEXT, 1, false));
        batch = new Batch(CONTEXT);
        prompt = vocabulary.tokenize("A worker is a process that".getBytes(StandardCharsets.UTF_8), false);
        for (int i = 0; i < prompt.length; i++) {
            output = batch.add(prompt[i], i, 0, i == prompt.length - 1);
        }
        context.decode(batch);
        logits = context.logits(output);
    }

    @AfterAll
    void close() {
        batch.close();
        context.close();
        model.close();
    }

    @Test
    void temperatureOneDrawsFromTheSoftmax() {
        Generate.Builder request = Generate.newBuilder();
        request.getSamplingBuilder().setTemperature(1);
        assertCounts(MANY_SEEDS, request, softmax(logits));
    }

    @Test
    void biasIsAddedToLogits() {
        int[] likely = likely(logits, 3);
        assertDraws(sampling -> {
            bias(sampling, likely[0], -2);
            bias(sampling, likely[1], -100);
            bias(sampling, likely[2], 1.5);
        });
    }

    @Test
    void penaltiesAreSubtracted() {
        int[] likely = likely(logits, 2);
        assertDraws(
                sampling -> sampling.setPresencePenalty(0.7).setFrequencyPenalty(0.4), likely[0], likely[1], likely[1]);
        assertDraws(sampling -> sampling.setRepetitionPenalty(1.4), likely[0], likely[1], likely[1]);
    }

    @Test
    void truncationKeepsTheRightTokens() {
        assertDraws(sampling -> sampling.setTopK(20));
        assertDraws(sampling -> sampling.setTopP(0.7));
        assertDraws(sampling -> sampling.setMinP(0.05));
        assertDraws(sampling -> sampling.setTypicalP(0.6));
    }

    @Test
    void allTogetherFollowTheDocumentedOrder() {
        int[] likely = likely(logits, 2);
        assertDraws(
                sampling -> {
                    sampling.setTopK(40)
                            .setTypicalP(0.9)
                            .setTopP(0.9)
                            .setMinP(0.02)
                            .setTemperature(0.8);
                    sampling.setRepetitionPenalty(1.2).setPresencePenalty(0.3);
                    bias(sampling, likely[0], -1);
                },
                likely[1]);
    }

    @Test
    void grammarDrawsFromTheAllowedTokens() {
        for (String letters : List.of("a-m", "a-z ")) {
            Generate.Builder request = Generate.newBuilder()
                    .setGrammar(Grammar.newBuilder()
                            .setGbnf("root ::= [" + letters + "]+ \"!\"")
                            .setField("grammar"));
            request.getSamplingBuilder().setTemperature(1);
            double[] expected = softmax(logits);
            for (int token = 0; token < expected.length; token++) {
                String text = new String(vocabulary.spelled(token), StandardCharsets.UTF_8);
                if (!text.matches("[" + letters + "]+!?")) {
                    expected[token] = 0;
                }
            }
            assertCounts(seeds, request, expected);
        }
    }

    @Test
    void greedyGrammarTakesTheMostLikelyAllowedToken() {
        Generate.Builder request = Generate.newBuilder()
                .setGrammar(Grammar.newBuilder().setGbnf("root ::= [A-Z0-9]+").setField("grammar"));
        int best = Arrays.stream(likely(logits, logits.length))
                .filter(token -> new String(vocabulary.spelled(token), StandardCharsets.UTF_8).matches("[A-Z0-9]+"))
                .findFirst()
                .orElseThrow();
        assertThat(next(request, 1)).isEqualTo(best);
    }

    /** @param before tokens of the answer so far */
    private void assertDraws(Consumer<Sampling.Builder> options, int... before) {
        Generate.Builder request = Generate.newBuilder();
        options.accept(request.getSamplingBuilder().setTemperature(1));
        Sampling.Builder sampling = request.getSamplingBuilder();
        assertCounts(seeds, request, reference(sampling, before), before);
    }

    private void assertCounts(int seeds, Generate.Builder request, double[] weights, int... before) {
        int[] counts = new int[weights.length];
        for (int seed = 0; seed < seeds; seed++) {
            counts[next(request, seed, before)]++;
        }
        double sum = Arrays.stream(weights).sum();
        double statistic = 0;
        int bins = 0;
        double restExpected = 0;
        int restCount = 0;
        for (int token = 0; token < weights.length; token++) {
            double expected = seeds * weights[token] / sum;
            if (weights[token] == 0) {
                assertThat(counts[token]).as("token %d is excluded", token).isZero();
            } else if (expected < LEAST_EXPECTED) {
                restExpected += expected;
                restCount += counts[token];
            } else {
                statistic += Math.pow(counts[token] - expected, 2) / expected;
                bins++;
            }
        }
        if (restExpected >= LEAST_EXPECTED) {
            statistic += Math.pow(restCount - restExpected, 2) / restExpected;
            bins++;
        }
        int freedom = Math.max(1, bins - 1);
        // about one in 100,000 exceeds it by chance, and the seeds are always the same
        assertThat(statistic)
                .as("chi-square with %d degrees of freedom for %s", freedom, request)
                .isLessThan(freedom + 4.3 * Math.sqrt(2.0 * freedom) + 10);
    }

    private int next(Generate.Builder request, long seed, int... before) {
        request.getSamplingBuilder().setSeed(seed);
        try (TokenChoice choice = TokenChoice.of(request.build(), model, prompt, CONTEXT)) {
            for (int token : before) {
                choice.replay(token);
            }
            return choice.next(context, output, before, 0);
        } finally {
            // biases and penalties have changed the logits, from which the next seed draws too
            context.setLogits(output, logits);
        }
    }

    /** Computes probabilities in the documented order. */
    private double[] reference(Sampling.Builder sampling, int... before) {
        float[] changed = logits.clone();
        sampling.getLogitBiasList().forEach(bias -> changed[bias.getToken()] += (float) bias.getBias());
        if (sampling.hasRepetitionPenalty()) {
            double penalty = sampling.getRepetitionPenalty();
            IntStream.concat(Arrays.stream(prompt), Arrays.stream(before))
                    .distinct()
                    .forEach(token -> changed[token] *= (float) (changed[token] > 0 ? 1 / penalty : penalty));
        }
        Arrays.stream(before).distinct().forEach(token -> {
            long count = Arrays.stream(before).filter(other -> other == token).count();
            changed[token] -= (float) (count * sampling.getFrequencyPenalty() + sampling.getPresencePenalty());
        });
        double[] p = softmax(changed);
        if (sampling.getTopK() > 0) {
            keep(p, Arrays.stream(likely(changed, sampling.getTopK())).boxed().toList(), 1);
        }
        if (sampling.hasTypicalP()) {
            double entropy = Arrays.stream(p)
                    .filter(one -> one > 0)
                    .map(one -> -one * Math.log(one))
                    .sum();
            keep(
                    p,
                    sorted(p, Comparator.comparing(token -> Math.abs(-Math.log(p[token]) - entropy))),
                    sampling.getTypicalP());
        }
        if (sampling.hasTopP()) {
            keep(p, sorted(p, Comparator.comparing(token -> -p[token])), sampling.getTopP());
        }
        double max = Arrays.stream(p).max().orElseThrow();
        double sum = 0;
        for (int token = 0; token < p.length; token++) {
            p[token] = p[token] < sampling.getMinP() * max ? 0 : Math.pow(p[token], 1 / sampling.getTemperature());
            sum += p[token];
        }
        return p;
    }

    private static List<Integer> sorted(double[] p, Comparator<Integer> order) {
        return IntStream.range(0, p.length)
                .filter(token -> p[token] > 0)
                .boxed()
                .sorted(order)
                .toList();
    }

    /** Keeps the first tokens until their probabilities add up to the share. */
    private static void keep(double[] p, List<Integer> order, double share) {
        double[] kept = new double[p.length];
        double sum = 0;
        for (int token : order) {
            kept[token] = p[token];
            sum += p[token];
            if (sum >= share) {
                break;
            }
        }
        for (int token = 0; token < p.length; token++) {
            p[token] = kept[token] / sum;
        }
    }

    private static double[] softmax(float[] logits) {
        double max = Double.NEGATIVE_INFINITY;
        for (float logit : logits) {
            max = Math.max(max, logit);
        }
        double[] p = new double[logits.length];
        double sum = 0;
        for (int token = 0; token < p.length; token++) {
            p[token] = Math.exp(logits[token] - max);
            sum += p[token];
        }
        for (int token = 0; token < p.length; token++) {
            p[token] /= sum;
        }
        return p;
    }

    private static int[] likely(float[] logits, int count) {
        return IntStream.range(0, logits.length)
                .boxed()
                .sorted(Comparator.comparing(token -> -logits[token]))
                .limit(count)
                .mapToInt(Integer::intValue)
                .toArray();
    }

    private static void bias(Sampling.Builder sampling, int token, double bias) {
        sampling.addLogitBias(Sampling.LogitBias.newBuilder().setToken(token).setBias(bias));
    }
}
