package io.quern.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.quern.TestModels;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares what is picked without llama.cpp's samplers, or with a part of them, with probabilities and with them. */
class SamplerTest {
    private static final int CONTEXT = 8;
    private static final long SEED = 11;

    private final LlamaModel model = TestNatives.load(TestModels.demo());
    private final LlamaContext context = LlamaContext.create(model, new ContextSettings(1, CONTEXT, CONTEXT, 1, false));
    private final Batch batch = new Batch(CONTEXT);
    private final SamplerApi api = model.library().samplers;

    @BeforeEach
    void decode() {
        batch.add(1, 0, 0, true);
        context.decode(batch);
    }

    @AfterEach
    void close() {
        batch.close();
        context.close();
        model.close();
    }

    /** The token at which the sum of the probabilities passes the random number, as an exact computation finds it. */
    @ParameterizedTest
    @CsvSource({"1, 3", "1, 0.1", "0.3, 3", "1.7, 8", "0.01, 1"})
    void tokensAreDrawnByTheirProbability(float temperature, double spread) {
        randomLogits(spread, 5);
        Logits logits = context.row(0);
        logits.exclude(3);
        double[] probabilities = probabilities(temperature);
        Random random = new Random(6);
        for (int i = 0; i < 2_000; i++) {
            double number = random.nextDouble();
            int token = context.probabilities().draw(logits, temperature, number);
            double before = 0;
            for (int other = 0; other < token; other++) {
                before += probabilities[other];
            }
            assertThat(number).isBetween(before - 1e-5, before + probabilities[token] + 1e-5);
            assertThat(token).isNotEqualTo(3);
        }
    }

    @Test
    void randomNumberNextToOneDrawsATokenThatIsPossible() {
        randomLogits(3, 5);
        Logits logits = context.row(0);
        logits.exclude(logits.size() - 1);
        int token = context.probabilities().draw(logits, 1, Math.nextDown(1.0));
        assertThat(logits.excluded(token)).isFalse();
    }

    @Test
    void eachPositionHasARandomNumberOfItsOwn() {
        SamplerSettings settings = new SamplerSettings(1, 0, 1, 0, 0, 0, 1, SEED);
        randomLogits(2, 5);
        double[] probabilities = probabilities(1);
        int draws = 20_000;
        double[] share = new double[probabilities.length];
        try (Sampler sampler = new Sampler(model, settings, CONTEXT, null)) {
            for (int position = 0; position < draws; position++) {
                share[sampler.sample(context, 0, position)] += 1.0 / draws;
            }
        }
        for (int token = 0; token < share.length; token++) {
            assertThat(share[token]).isCloseTo(probabilities[token], within(deviation(probabilities[token], draws)));
        }
    }

    /** With top_p, llama.cpp's samplers get fewer tokens, and must pick the same ones as from all. */
    @ParameterizedTest
    @CsvSource({
        "0.9, 0, 1, 3",
        "0.9, 0, 0.7, 3",
        "0.9, 0, 1, 0.05",
        "0.5, 0, 1.5, 1",
        "0.99, 0, 0.7, 6",
        "0.999, 0, 1, 1",
        "0.9, 0.05, 0.7, 3",
        "0.3, 0.2, 1, 0.5",
        "0, 0, 1, 3"
    })
    void picksAmongLikelyTokensAreThoseOfTheWholeChain(float topP, float minP, float temperature, double spread) {
        SamplerSettings settings = new SamplerSettings(temperature, 0, topP, minP, 0, 0, 1, SEED);
        int equal = 0;
        int all = 500;
        try (Sampler sampler = new Sampler(model, settings, CONTEXT, null)) {
            for (int position = 0; position < all; position++) {
                randomLogits(spread, position);
                MemorySegment chain = api.createChain();
                api.add(chain, api.topP(topP, 1));
                api.add(chain, api.minP(minP, 1));
                api.add(chain, api.temperature(temperature));
                api.add(chain, api.distribution(SeedMix.mix(SEED, position)));
                int expected = api.sample(chain, context.address(), 0);
                api.free(chain);
                equal += sampler.sample(context, 0, position) == expected ? 1 : 0;
            }
        }
        // a last token of top_p may depend on rounding
        assertThat(equal).isGreaterThanOrEqualTo(all - 2);
    }

    /** Penalties get only the tokens that occurred, and must give what they give for the whole vocabulary. */
    @ParameterizedTest
    @CsvSource({"0, 0, 1", "0.7, 0, 0.9", "0.7, 20, 0.8", "1, 40, 1"})
    void penalisedTokensAreThoseOfTheWholeChain(float temperature, int topK, float topP) {
        SamplerSettings settings = new SamplerSettings(temperature, topK, topP, 0, 0.4f, 0.3f, 1.2f, SEED);
        int[] prompt = {5, 9, 5, 77};
        MemorySegment chain = api.createChain();
        MemorySegment repetition = api.penalties(model.vocabulary().size(), CONTEXT * 100, 1.2f, 0, 0);
        api.add(chain, repetition);
        api.add(chain, api.penalties(model.vocabulary().size(), CONTEXT * 100, 1, 0.3f, 0.4f));
        if (temperature > 0) {
            api.add(chain, api.topK(topK > 0 ? topK : model.vocabulary().size()));
            api.add(chain, api.topP(topP, 1));
            api.add(chain, api.temperature(temperature));
        }
        try (Sampler sampler = new Sampler(model, settings, CONTEXT * 100, null);
                SharedChain shared = new SharedChain(api)) {
            sampler.acceptPrompt(prompt);
            for (int token : prompt) {
                api.accept(repetition, token);
            }
            for (int position = 0; position < 300; position++) {
                fewLikely(position);
                MemorySegment draw = temperature > 0 ? api.distribution(SeedMix.mix(SEED, position)) : api.greedy();
                int expected = shared.sample(chain, draw, context.address(), 0);
                api.free(draw);
                assertThat(sampler.sample(context, 0, position))
                        .as("at %d", position)
                        .isEqualTo(expected);
            }
        } finally {
            api.free(chain);
        }
    }

    /** Ten tokens that take turns as the most likely ones, so that penalties decide. */
    private void fewLikely(long seed) {
        randomLogits(1, seed);
        Random random = new Random(seed);
        for (int token = 0; token < 100; token += 10) {
            context.row(0).set(token + 5, 8 + (float) random.nextGaussian());
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {1, 0.9})
    void vocabularyWithoutAPossibleTokenIsAnError(double topP) {
        Logits logits = context.row(0);
        for (int token = 0; token < logits.size(); token++) {
            logits.exclude(token);
        }
        SamplerSettings settings = new SamplerSettings(1, 0, (float) topP, 0, 0, 0, 1, SEED);
        try (Sampler sampler = new Sampler(model, settings, CONTEXT, null)) {
            assertThatThrownBy(() -> sampler.sample(context, 0, 0))
                    .isInstanceOfSatisfying(
                            LlamaException.class, e -> assertThat(e.kind()).isEqualTo(LlamaException.Kind.NO_TOKEN));
        }
    }

    /** Whatever the first picks are that the grammar rejects, allowed tokens come in their proportion. */
    @ParameterizedTest
    @CsvSource({"1, 1", "1, 0.9", "0.6, 1"})
    void tokensOfAGrammarComeInTheirProportion(float temperature, float topP) {
        SamplerSettings settings = new SamplerSettings(temperature, 0, topP, 0, 0, 0, 1, SEED);
        randomLogits(0.5, 5);
        // a rejected one that most first picks choose
        context.row(0).add(letter("z"), 6);
        for (String letter : new String[] {"a", "b", "c"}) {
            context.row(0).add(letter(letter), letter.charAt(0) - 'a' + 3.5f);
        }
        double[] all = probabilities(1);
        double[] warm = probabilities(temperature);
        Map<Integer, Double> expected = new HashMap<>();
        for (String letter : new String[] {"a", "b", "c"}) {
            if (inNucleus(all, letter(letter), topP)) {
                expected.put(letter(letter), warm[letter(letter)]);
            }
        }
        assertThat(expected).isNotEmpty();
        double sum = expected.values().stream().mapToDouble(p -> p).sum();
        int draws = 4_000;
        Map<Integer, Integer> counts = new HashMap<>();
        for (int position = 0; position < draws; position++) {
            Grammar grammar = Grammar.of(model, "root ::= [abc]", "root");
            try (Sampler sampler = new Sampler(model, settings, CONTEXT, grammar)) {
                counts.merge(sampler.sample(context, 0, position), 1, Integer::sum);
            }
        }
        assertThat(counts.keySet()).isEqualTo(expected.keySet());
        expected.forEach((token, probability) -> assertThat((double) counts.get(token) / draws)
                .isCloseTo(probability / sum, within(deviation(probability / sum, draws))));
    }

    /** Five times the standard deviation. */
    private static double deviation(double probability, int draws) {
        return 5 * Math.sqrt(probability * (1 - probability) / draws) + 1.0 / draws;
    }

    private static boolean inNucleus(double[] probabilities, int token, double topP) {
        double above = 0;
        for (double probability : probabilities) {
            above += probability > probabilities[token] ? probability : 0;
        }
        return above < topP;
    }

    private int letter(String letter) {
        int[] tokens = model.vocabulary().tokenize(letter.getBytes(StandardCharsets.UTF_8), false);
        return tokens[tokens.length - 1];
    }

    private void randomLogits(double spread, long seed) {
        Random random = new Random(seed);
        Logits logits = context.row(0);
        for (int token = 0; token < logits.size(); token++) {
            logits.set(token, (float) (spread * random.nextGaussian()));
        }
    }

    private double[] probabilities(double temperature) {
        Logits logits = context.row(0);
        double[] probabilities = new double[logits.size()];
        double sum = 0;
        for (int token = 0; token < probabilities.length; token++) {
            probabilities[token] = Math.exp(logits.get(token) / temperature);
            sum += probabilities[token];
        }
        for (int token = 0; token < probabilities.length; token++) {
            probabilities[token] /= sum;
        }
        return probabilities;
    }
}
