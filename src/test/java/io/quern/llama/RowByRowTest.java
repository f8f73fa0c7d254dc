package io.quern.llama;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.TestModels;
import io.quern.model.BatchRows;
import io.quern.model.GgufMetadata;
import io.quern.model.HostKernels;
import io.quern.model.TinyModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Compares logits bit for bit with those of a context that always multiplies all rows together. */
class RowByRowTest {
    private static final int SLOTS = 8;
    private static final int CONTEXT = 64;
    private static final int PROMPT = 8;

    static Stream<Path> models() {
        return Stream.concat(
                Stream.of(
                        TestModels.demo(),
                        Requantised.Q8_0.file(),
                        Requantised.Q5_0.file(),
                        Requantised.IQ4_NL.file(),
                        Requantised.F16.file(),
                        Requantised.Q4_K.file()),
                Stream.of(TinyModel.values()).map(TinyModel::file));
    }

    @ParameterizedTest
    @MethodSource("models")
    void rowsHaveTheSameLogitsOneByOne(Path file) {
        try (LlamaModel model = TestNatives.load(file);
                Sequences plain = new Sequences(model, false);
                Sequences changing = new Sequences(model, true)) {
            Random random = new Random(5);
            for (int step = 0; step < 60; step++) {
                int[] slots = someOf(random);
                // several steps of one shape, for which llama.cpp keeps the graph
                for (int i = 0; i <= random.nextInt(3); i++) {
                    changing.context.multiply(random.nextBoolean() ? Rows.EQUAL_APART : Rows.TOGETHER);
                    assertThat(changing.step(slots))
                            .as("step %s with slots %s", step, Arrays.toString(slots))
                            .isDeepEqualTo(plain.step(slots));
                }
            }
        }
    }

    static Stream<Path> differing() {
        return Stream.of(Requantised.F16.file(), Requantised.BF16.file(), Requantised.Q4_K.file());
    }

    @ParameterizedTest
    @MethodSource("differing")
    void rowsApartHaveTheLogitsThatTheyHaveAlone(Path file) {
        try (LlamaModel model = TestNatives.load(file);
                Sequences alone = new Sequences(model, false);
                Sequences together = new Sequences(model, false);
                Sequences apart = new Sequences(model, true)) {
            Random random = new Random(6);
            boolean differ = false;
            for (int step = 0; step < 40; step++) {
                int[] slots = someOf(random);
                float[][] expected = Arrays.stream(slots)
                        .mapToObj(slot -> alone.step(slot)[0])
                        .toArray(float[][]::new);
                apart.context.multiply(random.nextBoolean() ? Rows.APART : Rows.DIFFERING_APART);
                differ |= !Arrays.deepEquals(together.step(slots), expected);
                assertThat(apart.step(slots)).as("step %s", step).isDeepEqualTo(expected);
            }
            assertThat(differ)
                    .as("together they differ")
                    .isNotEqualTo(BatchRows.of(GgufMetadata.read(file), HostKernels.get())
                            .equals(BatchRows.ANY));
        }
    }

    @Test
    void eachProductOfTheGraphIsChangedAndChangedBack() {
        try (LlamaModel model = TestNatives.load(Requantised.Q5_0.file());
                Sequences sequences = new Sequences(model, true)) {
            RowByRow rows = sequences.context.rowByRow();
            sequences.step(0, 1, 2);
            assertThat(rows.splits()).isZero();
            sequences.context.multiply(Rows.EQUAL_APART);
            sequences.step(0, 1, 2);
            long products = rows.splits();
            // a layer has four for attention and at least two for its feed-forward network
            assertThat(products).isGreaterThan(6);
            sequences.step(0, 1, 2);
            assertThat(rows.splits()).as("the kept graph stays as it is").isEqualTo(products);
            sequences.context.multiply(Rows.TOGETHER);
            sequences.step(0, 1, 2);
            assertThat(rows.joins()).isEqualTo(products);
            sequences.step(0, 1, 2);
            assertThat(rows.joins()).isEqualTo(products);
            sequences.context.multiply(Rows.EQUAL_APART);
            sequences.step(0, 1);
            sequences.step(2);
            assertThat(rows.splits()).as("a single row needs no change").isEqualTo(2 * products);
        }
    }

    @Test
    void changeOfTheKindOfWeightsChangesTheKeptGraph() {
        try (LlamaModel model = TestNatives.load(Requantised.Q5_0.file());
                Sequences sequences = new Sequences(model, true)) {
            RowByRow rows = sequences.context.rowByRow();
            sequences.context.multiply(Rows.APART);
            sequences.step(0, 1, 2);
            long products = rows.splits();
            sequences.context.multiply(Rows.DIFFERING_APART);
            sequences.step(0, 1, 2);
            assertThat(rows.splits() - rows.joins()).as("Q5_0 weights").isZero();
            sequences.context.multiply(Rows.EQUAL_APART);
            sequences.step(0, 1, 2);
            assertThat(rows.splits() - rows.joins()).isEqualTo(products);
        }
    }

    @Test
    void slotsWithGapsAreSeveralGraphs() {
        try (LlamaModel model = TestNatives.load(Requantised.Q5_0.file());
                Sequences sequences = new Sequences(model, true)) {
            sequences.context.multiply(Rows.EQUAL_APART);
            sequences.step(0, 1);
            long products = sequences.context.rowByRow().splits();
            sequences.step(0, 1, 4, 5, 6);
            assertThat(sequences.context.rowByRow().splits())
                    .as("the graph of the first two slots was kept")
                    .isEqualTo(2 * products);
            sequences.step(0, 1, 4, 5, 6);
            assertThat(sequences.context.rowByRow().splits()).isEqualTo(4 * products);
        }
    }

    @Test
    void contextThatIsNotAskedForItNeverMultipliesRowByRow() {
        try (LlamaModel model = TestNatives.load(TestModels.demo());
                Sequences sequences = new Sequences(model, false)) {
            assertThat(sequences.context.canMultiplyApart()).isFalse();
            sequences.context.multiply(Rows.EQUAL_APART);
            sequences.step(0, 1);
            assertThat(sequences.context.rowByRow()).isNull();
        }
    }

    private static int[] someOf(Random random) {
        int[] slots =
                IntStream.range(0, SLOTS).filter(slot -> random.nextInt(3) > 0).toArray();
        return slots.length == 0 ? new int[] {0} : slots;
    }

    /** Sequences with the same tokens in each context. */
    private static final class Sequences implements AutoCloseable {
        final LlamaContext context;
        private final Batch batch = new Batch(CONTEXT);
        private final int[] lengths = new int[SLOTS];

        Sequences(LlamaModel model, boolean rowByRow) {
            context = LlamaContext.create(
                    model, new ContextSettings(SLOTS, CONTEXT * 4, CONTEXT, 1, true, true, rowByRow));
            for (int slot = 0; slot < SLOTS; slot++) {
                batch.clear();
                for (int i = 0; i < PROMPT + slot; i++) {
                    add(slot, false);
                }
                context.decode(batch);
            }
        }

        private int add(int slot, boolean output) {
            int position = lengths[slot]++;
            return batch.add(10 + (position * 31 + slot * 7) % 200, position, slot, output);
        }

        float[][] step(int... slots) {
            batch.clear();
            List<Integer> outputs = new ArrayList<>();
            for (int slot : slots) {
                outputs.add(add(slot, true));
            }
            context.decode(batch);
            return outputs.stream().map(context::logits).toArray(float[][]::new);
        }

        @Override
        public void close() {
            batch.close();
            context.close();
        }
    }
}
