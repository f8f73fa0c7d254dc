package io.quern.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.TestModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TextStabilityTest {
    private static final int F16 = 1;
    private static final int Q4_0 = 2;
    private static final int Q8_0 = 8;
    private static final int Q4_K = 12;
    private static final int BF16 = 30;

    @TempDir
    Path folder;

    @Test
    void demoIsStable() {
        assertThat(TextStability.of(GgufMetadata.read(TestModels.demo()), BatchRows.ANY, Kernels.X86)
                        .stable())
                .isTrue();
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "OLMOE")
    void modelsWithOtherMemoryAreStable(TinyModel model) {
        assertThat(TextStability.of(GgufMetadata.read(model.file()), BatchRows.ANY, Kernels.X86)
                        .reasons())
                .isEmpty();
    }

    @Test
    void floatRouterIsUnstable() {
        TextStability olmoe = TextStability.of(GgufMetadata.read(TinyModel.OLMOE.file()), BatchRows.ANY, Kernels.X86);
        assertThat(olmoe.stable()).isFalse();
        assertThat(olmoe.reasons()).singleElement().asString().startsWith("the router of a mixture of experts");
    }

    @Test
    void unmeasuredWeightsAreUnstable() throws IOException {
        TextStability mixed = of(new GgufFixture()
                .text("general.architecture", "llama")
                .tensorAt("token_embd.weight", Q4_K, 0, 256, 1)
                .tensorAt("blk.0.attn_q.weight", F16, 160, 32, 1)
                .tensorAt("blk.0.attn_norm.weight", GgufFixture.F32, 224, 8)
                .tensor("end", GgufFixture.F32, 1024, 256));
        assertThat(mixed.reasons()).singleElement().asString().startsWith("weights of type F16, Q4_K are");
    }

    @Test
    void rightRowsMakeTextsStable() throws IOException {
        GgufMetadata mixed = read(new GgufFixture()
                .text("general.architecture", "llama")
                .tensorAt("token_embd.weight", Q4_K, 0, 256, 1)
                .tensorAt("blk.0.attn_q.weight", F16, 160, 32, 1)
                .tensor("end", GgufFixture.F32, 1024, 256));
        assertThat(BatchRows.of(mixed, Kernels.X86)).isEqualTo(new BatchRows(4, 2));
        assertThat(TextStability.of(mixed, BatchRows.of(mixed, Kernels.X86), Kernels.X86)
                        .reasons())
                .isEmpty();
        assertThat(TextStability.of(mixed, new BatchRows(1, 2), Kernels.X86).reasons())
                .singleElement()
                .asString()
                .startsWith("weights of type Q4_K are");
        GgufMetadata olmoe = GgufMetadata.read(TinyModel.OLMOE.file());
        assertThat(BatchRows.of(olmoe, Kernels.X86)).isEqualTo(new BatchRows(1, 2));
        assertThat(TextStability.of(olmoe, BatchRows.of(olmoe, Kernels.X86), Kernels.X86)
                        .stable())
                .isTrue();
    }

    @Test
    void onlyQ4IsStableOnGpu() throws IOException {
        GgufMetadata q4 = read(weights(Q4_0));
        assertThat(TextStability.of(q4, BatchRows.ANY, Kernels.GPU).reasons()).isEmpty();
        assertThat(TextStability.of(read(weights(Q8_0)), BatchRows.ANY, Kernels.GPU)
                        .reasons())
                .singleElement()
                .asString()
                .startsWith("on a GPU, weights of type Q8_0 are");
        assertThat(TextStability.of(read(weights(F16)), new BatchRows(1, 2), Kernels.GPU)
                        .reasons())
                .as("rows that help on a processor were not measured")
                .singleElement()
                .asString()
                .startsWith("on a GPU, weights of type F16 are");
        assertThat(TextStability.of(GgufMetadata.read(TinyModel.OLMOE.file()), new BatchRows(1, 2), Kernels.GPU)
                        .reasons())
                .contains("a mixture of experts was not measured on a GPU");
    }

    private static GgufFixture weights(int type) {
        return new GgufFixture()
                .text("general.architecture", "llama")
                .tensorAt("token_embd.weight", type, 0, 256, 1)
                .tensor("end", GgufFixture.F32, 1024, 256);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "OLMOE")
    void stableModelsNeedNoRows(TinyModel model) {
        assertThat(BatchRows.of(GgufMetadata.read(model.file()), Kernels.X86)).isEqualTo(BatchRows.ANY);
    }

    @Test
    void rowsAreUsedIfWantedAndPossible() {
        BatchRows fours = new BatchRows(4, 1);
        assertThat(fours.used(true, 8)).isEqualTo(fours);
        assertThat(fours.used(false, 8)).isEqualTo(BatchRows.ANY);
        assertThat(fours.used(true, 6)).as("rows of the last two slots").isEqualTo(BatchRows.ANY);
        assertThat(fours.used(false, 3)).as("never four rows").isEqualTo(fours);
        BatchRows twos = new BatchRows(1, 2);
        assertThat(twos.used(true, 5)).isEqualTo(twos);
        assertThat(twos.used(false, 2)).isEqualTo(BatchRows.ANY);
        assertThat(twos.used(false, 1)).as("always one row").isEqualTo(twos);
        assertThat(new BatchRows(4, 2).used(false, 3)).isEqualTo(BatchRows.ANY);
        BatchRows eights = new BatchRows(1, 8);
        assertThat(eights.used(false, 7)).isEqualTo(eights);
        assertThat(eights.used(false, 8)).isEqualTo(BatchRows.ANY);
        assertThat(eights.used(true, 9)).isEqualTo(eights);
    }

    @Test
    void rowsOneByOneAreCheapWithFewRearrangedWeights() throws IOException {
        assertThat(BatchRows.cheapOneByOne(GgufMetadata.read(TestModels.demo()), Kernels.X86))
                .as("not needed")
                .isFalse();
        assertThat(BatchRows.cheapOneByOne(GgufMetadata.read(TinyModel.OLMOE.file()), Kernels.X86))
                .isTrue();
        assertThat(BatchRows.cheapOneByOne(withQ4K(7), Kernels.X86))
                .as("one in eight")
                .isTrue();
        assertThat(BatchRows.cheapOneByOne(withQ4K(6), Kernels.X86))
                .as("one in seven")
                .isFalse();
    }

    @Test
    void rowsMayBeFasterOneByOneWhereLlamafileMultiplies() throws IOException {
        GgufMetadata demo = GgufMetadata.read(TestModels.demo());
        assertThat(BatchRows.mayBeFasterOneByOne(demo, Kernels.X86)).as("Q8_0").isTrue();
        assertThat(BatchRows.mayBeFasterOneByOne(demo, Kernels.AMX)).as("tiles").isFalse();
        assertThat(BatchRows.mayBeFasterOneByOne(demo, Kernels.GPU)).isFalse();
        assertThat(BatchRows.mayBeFasterOneByOne(read(weights(F16)), Kernels.X86))
                .isFalse();
    }

    @Test
    void otherProcessorsWereNotMeasured() {
        assertThat(TextStability.of(GgufMetadata.read(TestModels.demo()), BatchRows.ANY, Kernels.OTHER)
                        .reasons())
                .containsExactly("nothing was measured on processors of this kind");
    }

    @Test
    void weightsInTilesAreStable() throws IOException {
        assertThat(TextStability.of(read(inTiles(Q4_K)), BatchRows.ANY, Kernels.AMX)
                        .stable())
                .isTrue();
        assertThat(TextStability.of(read(inTiles(Q4_K)), BatchRows.ANY, Kernels.X86)
                        .stable())
                .isFalse();
        assertThat(TextStability.of(read(inTiles(BF16)), BatchRows.ANY, Kernels.AMX)
                        .stable())
                .isFalse();
    }

    private static GgufFixture inTiles(int type) {
        return new GgufFixture()
                .text("general.architecture", "llama")
                .tensorAt("token_embd.weight", type, 0, 256, 32)
                .tensor("end", GgufFixture.F32, 16384, 256);
    }

    /** Returns a model with a row in Q4_K and so many in Q8_0. */
    private GgufMetadata withQ4K(int others) throws IOException {
        return read(new GgufFixture()
                .text("general.architecture", "llama")
                .tensorAt("blk.0.attn_q.weight", Q4_K, 0, 256, 1)
                .tensorAt("blk.0.attn_k.weight", Q8_0, 160, 256, others)
                .tensor("end", GgufFixture.F32, 4096, 256));
    }

    @Test
    void randomisedArchitectureIsUnstable() throws IOException {
        TextStability rwkv = of(new GgufFixture().text("general.architecture", "rwkv7"));
        assertThat(rwkv.reasons()).containsExactly("llama.cpp computes rwkv7 differently each time");
    }

    private TextStability of(GgufFixture model) throws IOException {
        return TextStability.of(read(model), BatchRows.ANY, Kernels.X86);
    }

    private GgufMetadata read(GgufFixture model) throws IOException {
        return GgufMetadata.read(Files.write(folder.resolve("model.gguf"), model.bytes()));
    }
}
