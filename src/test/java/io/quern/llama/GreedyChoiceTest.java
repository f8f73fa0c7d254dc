package io.quern.llama;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.TestModels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Compares greedy choices with those of llama.cpp's greedy sampler. */
class GreedyChoiceTest {
    private static final int CONTEXT = 8;

    private final SamplerSettings greedy = new SamplerSettings(0, 0, 1, 0, 0, 0, 1, 0);
    private final LlamaModel model = TestNatives.load(TestModels.demo());
    private final LlamaContext context = LlamaContext.create(model, new ContextSettings(1, CONTEXT, CONTEXT, 1, false));
    private final Batch batch = new Batch(CONTEXT);
    private final SamplerApi api = model.library().samplers;
    private MemorySegment reference;

    @BeforeEach
    void decode() {
        batch.add(1, 0, 0, true);
        context.decode(batch);
        try (Arena arena = Arena.ofConfined()) {
            reference = api.createChain();
        }
        api.add(reference, api.greedy());
    }

    @AfterEach
    void close() {
        api.free(reference);
        batch.close();
        context.close();
        model.close();
    }

    @Test
    void logitsOfTheModelAgree() {
        agree(logits -> {});
    }

    @Test
    void randomLogitsWithManyTiesAgree() {
        Random random = new Random(4);
        for (int i = 0; i < 50; i++) {
            int values = 1 + random.nextInt(200);
            agree(logits -> {
                for (int token = 0; token < logits.size(); token++) {
                    logits.set(token, random.nextInt(values));
                }
            });
        }
    }

    @Test
    void randomLogitsOfBothSignsAgree() {
        Random random = new Random(5);
        for (int shift = -20; shift <= 20; shift++) {
            int mean = shift;
            agree(logits -> {
                for (int token = 0; token < logits.size(); token++) {
                    logits.set(token, (float) (mean + 4 * random.nextGaussian()));
                }
            });
        }
    }

    @Test
    void aSingleHighestLogitIsFoundAnywhere() {
        for (float low : new float[] {-2, 0, 2}) {
            for (int token = 0; token < 20; token++) {
                int fromFront = token;
                agree(logits -> {
                    all(logits, low);
                    logits.set(fromFront, low + 1);
                });
                agree(logits -> {
                    all(logits, low);
                    logits.set(logits.size() - 1 - fromFront, low + 1);
                });
            }
        }
    }

    @Test
    void zerosOfBothSignsAgree() {
        agree(logits -> {
            all(logits, -0f);
            logits.set(7, 0f);
        });
    }

    @Test
    void excludedTokensAgree() {
        agree(logits -> all(logits, Float.NEGATIVE_INFINITY));
        agree(logits -> {
            all(logits, Float.NEGATIVE_INFINITY);
            logits.set(logits.size() - 1, -1e30f);
        });
    }

    @Test
    void logitsThatAreNoNumbersAgree() {
        agree(logits -> all(logits, Float.NaN));
        agree(logits -> logits.set(0, Float.NaN));
        agree(logits -> logits.set(logits.size() / 2, Float.NaN));
        agree(logits -> logits.set(logits.size() / 2, Float.POSITIVE_INFINITY));
    }

    private void agree(Consumer<Logits> change) {
        change.accept(context.row(0));
        int expected = api.sample(reference, context.address(), 0);
        try (Sampler sampler = new Sampler(model, greedy, CONTEXT, null)) {
            assertThat(sampler.sample(context, 0, 0)).isEqualTo(expected);
        }
    }

    private static void all(Logits logits, float value) {
        for (int token = 0; token < logits.size(); token++) {
            logits.set(token, value);
        }
    }
}
