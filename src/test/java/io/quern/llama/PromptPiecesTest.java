package io.quern.llama;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.TestModels;
import io.quern.model.GgufMetadata;
import io.quern.model.HostKernels;
import io.quern.model.PromptCuts;
import io.quern.model.TinyModel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Computes a prompt in pieces, as {@link PromptCuts} allows, and compares logits and states bit for bit. */
@EnabledIf(value = "io.quern.device.ProcessorModel#isX86", disabledReason = "nothing was measured on this processor")
class PromptPiecesTest {
    /** Longer than gemma3's window, and than a tile of the fused kernel. */
    private static final int TOKENS = 150;

    /** Pieces of workers that know nothing better. */
    private static final int GRAIN = 8;

    /** Enough for the other kernels of the fused attention, were keys and values of the same type. */
    private static final int LARGEST = 80;

    static Stream<Arguments> models() {
        return Stream.concat(
                        Stream.of(TestModels.demo(), TinyModel.GEMMA3.file()),
                        Stream.of(Requantised.values()).map(Requantised::file))
                .flatMap(file -> Stream.of(true, false).map(flash -> Arguments.of(file, flash)));
    }

    @ParameterizedTest
    @MethodSource("models")
    void piecesGiveTheSameBits(Path file, boolean flash) {
        PromptCuts cuts = PromptCuts.of(GgufMetadata.read(file), HostKernels.get(), flash);
        try (LlamaModel model = TestNatives.load(file)) {
            Result whole = compute(model, flash, (at, left) -> GRAIN);
            for (int seed = 0; seed < 12; seed++) {
                Random random = new Random(seed);
                Result cut = compute(model, flash, (at, left) -> piece(cuts, random, left));
                assertThat(cut.logits).as("logits, seed %d, %s", seed, cuts).isEqualTo(whole.logits);
                assertThat(cut.state).as("state, seed %d, %s", seed, cuts).isEqualTo(whole.state);
            }
        }
    }

    static Stream<Arguments> tooFine() {
        return Stream.of(
                Arguments.of(Requantised.BF16.file(), new PromptCuts(1, true)),
                Arguments.of(Requantised.F16.file(), new PromptCuts(1, true)),
                Arguments.of(Requantised.Q4_K.file(), new PromptCuts(2, false)));
    }

    @ParameterizedTest
    @MethodSource("tooFine")
    void otherPiecesGiveOtherBitsExceptWithAmx(Path file, PromptCuts cuts) {
        boolean anywhere =
                PromptCuts.of(GgufMetadata.read(file), HostKernels.get(), true).equals(new PromptCuts(1, true));
        try (LlamaModel model = TestNatives.load(file)) {
            byte[] cut = compute(model, true, (at, left) -> cuts.multiple()).state;
            byte[] whole = compute(model, true, (at, left) -> GRAIN).state;
            assertThat(Arrays.equals(cut, whole)).isEqualTo(anywhere);
        }
    }

    private interface Pieces {
        int next(int at, int left);
    }

    private record Result(float[] logits, byte[] state) {}

    private static int piece(PromptCuts cuts, Random random, int left) {
        int most = random.nextInt(4) == 0 ? LARGEST : GRAIN;
        int tokens = (1 + random.nextInt(most / cuts.multiple())) * cuts.multiple();
        boolean leavesOne = left - tokens == 1 && !cuts.singleRows();
        return leavesOne ? left : tokens;
    }

    private static Result compute(LlamaModel model, boolean flash, Pieces pieces) {
        try (LlamaContext context =
                        LlamaContext.create(model, new ContextSettings(1, 256, 256, 1, flash, flash, false));
                Batch batch = new Batch(256);
                Arena arena = Arena.ofConfined()) {
            int last = 0;
            for (int at = 0; at < TOKENS; ) {
                int end = Math.min(TOKENS, at + pieces.next(at, TOKENS - at));
                batch.clear();
                for (; at < end; at++) {
                    last = batch.add(10 + at * 31 % 200, at, 0, at == TOKENS - 1);
                }
                context.decode(batch);
            }
            float[] logits = context.logits(last);
            MemorySegment state = arena.allocate(context.stateBytes(0));
            assertThat(context.saveState(0, state)).isEqualTo(state.byteSize());
            return new Result(logits, state.toArray(ValueLayout.JAVA_BYTE));
        }
    }
}
