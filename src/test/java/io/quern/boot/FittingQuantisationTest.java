package io.quern.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quern.model.ModelMemory;
import io.quern.policy.StartMethod;
import io.quern.store.Candidate;
import io.quern.store.QuantisationChoice;
import io.quern.store.RemoteBytes;
import io.quern.store.StoreException;
import io.quern.store.StoreProblem;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FittingQuantisationTest {
    private static final long MIB = 1L << 20;

    /** All have the header of the demo model; the sizes are invented. */
    private static final List<Candidate> OFFERED = List.of(
            candidate("Q2_K", 200),
            candidate("Q4_0", 460),
            candidate("Q4_K_M", 450),
            candidate("IQ4_XS", 350),
            candidate("Q8_0", 800),
            candidate("F16", 1600),
            candidate("model-x.gguf", 500));

    @ParameterizedTest
    @CsvSource({"64000, Q8_0", "1500, Q8_0", "1100, Q4_K_M", "740, IQ4_XS", "600, Q2_K"})
    void bestThatFitsIsChosen(long limitMib, String expected) {
        QuantisationChoice.Choice choice = fitting(limitMib).choose(OFFERED);
        assertThat(choice.candidate().quantisation()).isEqualTo(expected);
        assertThat(choice.reason())
                .startsWith(expected + " is the best of 7 that fits this machine: it needs ")
                .contains("(weights ")
                .endsWith(" of " + limitMib + " MiB (cgroup).");
    }

    @Test
    void smallerOneThatNeedsNoLoweredSettingsIsPreferred() {
        // with fewer slots or a shorter context Q8_0 would fit too
        assertThat(fitting(1100)
                        .choose(List.of(candidate("Q8_0", 800), candidate("Q4_K_M", 450)))
                        .candidate()
                        .quantisation())
                .isEqualTo("Q4_K_M");
        QuantisationChoice.Choice lowered = fitting(1100).choose(List.of(candidate("Q8_0", 800)));
        assertThat(lowered.reason())
                .startsWith("Q8_0 is the only one: it needs ")
                .contains("if the engine lowers some settings: ");
    }

    @Test
    void unquantisedModelIsChosenIfThereIsNoOther() {
        assertThat(fitting(64_000)
                        .choose(List.of(candidate("BF16", 1600), candidate("F32", 3200)))
                        .candidate()
                        .quantisation())
                .isEqualTo("F32");
    }

    @Test
    void tooLargeModelIsRefusedWithArithmetic() {
        assertThatThrownBy(() -> fitting(400).choose(OFFERED))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.problem()).isEqualTo(StoreProblem.TOO_LARGE))
                .hasMessageContaining("even with Q2_K, the smallest of 7, the model needs at least ")
                .hasMessageContaining("weights 200 MiB")
                .hasMessageContaining("but the memory limit is 400 MiB");
    }

    @Test
    void remarkNamesQuantisationThatWouldFit() {
        assertThat(fitting(800).remark(candidate("Q8_0", 800), OFFERED)).hasValueSatisfying(text -> assertThat(text)
                .startsWith("This machine cannot serve the model: the model needs ")
                .endsWith("The quantisation Q4_K_M would fit."));
        assertThat(fitting(64_000).remark(candidate("Q8_0", 800), OFFERED)).isEmpty();
    }

    private static FittingQuantisation fitting(long limitMib) {
        MemoryLimit limit = new MemoryLimit(limitMib * MIB, limitMib + " MiB (cgroup)");
        return new FittingQuantisation(
                () -> memory -> MemoryPlan.of(need(memory), limit, new Leeway(true, true, true, true, 1)));
    }

    private static MemoryNeed need(ModelMemory memory) {
        return new MemoryNeed(
                memory,
                new MemoryNeed.Loading(StartMethod.FORKSERVER, false, false),
                1,
                new WorkerSize(4, memory.defaultContext(), 256 * MIB),
                true,
                new MemoryNeed.Jvm(32 << 20, List.of()),
                MemoryNeed.engine(1L << 30, 1L << 30));
    }

    /** Returns a candidate with the header of the demo model and an invented size. */
    static Candidate candidate(String quantisation, long mib) {
        byte[] demo = demo();
        return new Candidate(quantisation, List.of(quantisation + ".gguf"), mib * MIB, new RemoteBytes() {
            @Override
            public long size() {
                return demo.length;
            }

            @Override
            public int read(ByteBuffer buffer, long position) {
                int length = (int) Math.min(buffer.remaining(), demo.length - position);
                buffer.put(demo, (int) position, length);
                return length == 0 ? -1 : length;
            }
        });
    }

    private static byte[] demo() {
        try (InputStream in = FittingQuantisationTest.class.getResourceAsStream("/io/quern/model/demo/demo.gguf")) {
            return Objects.requireNonNull(in).readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
