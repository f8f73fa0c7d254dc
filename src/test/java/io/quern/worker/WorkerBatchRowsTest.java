package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.StartsProcesses;
import io.quern.llama.Requantised;
import io.quern.model.BatchRows;
import io.quern.model.GgufMetadata;
import io.quern.model.Kernels;
import io.quern.model.TinyModel;
import io.quern.wire.Generate;
import io.quern.wire.WorkerSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Tests the real worker on weights that llama.cpp computes by other kernels in larger batches. With the rows that they
 * need, or with rows computed one by one, a text must not depend on the sequences that come and go beside it.
 */
@StartsProcesses
class WorkerBatchRowsTest {
    private static final int SLOTS = 8;
    private static final int CONTEXT = 256;

    static Stream<Arguments> models() {
        return Stream.of(
                Arguments.of(Requantised.F16.file(), true, false),
                Arguments.of(Requantised.F16.file(), true, true),
                Arguments.of(Requantised.F16.file(), false, false),
                Arguments.of(Requantised.F16.file(), false, true),
                Arguments.of(Requantised.BF16.file(), true, false),
                Arguments.of(Requantised.BF16.file(), true, true),
                Arguments.of(Requantised.Q4_K.file(), true, false),
                Arguments.of(Requantised.Q4_K.file(), true, true),
                Arguments.of(Requantised.Q4_K.file(), false, false),
                Arguments.of(TinyModel.OLMOE.file(), true, false),
                Arguments.of(TinyModel.OLMOE.file(), true, true));
    }

    @ParameterizedTest
    @MethodSource("models")
    void comingAndGoingSequencesChangeNoText(Path file, boolean flash, boolean apart) throws Exception {
        try (WorkerProcess worker = start(file, flash, apart, SLOTS)) {
            List<Generate.Builder> requests = requests();
            List<List<Integer>> alone = new ArrayList<>();
            for (Generate.Builder request : requests) {
                Answer answer = worker.generate(request.clone());
                answer.awaitFinish();
                alone.add(answer.tokens());
            }
            List<Answer> together = new ArrayList<>();
            for (int i = 0; i < requests.size(); i++) {
                if (i >= SLOTS) {
                    // its prompt is computed while the other slots go on
                    together.get(i - SLOTS).awaitFinish();
                }
                together.add(worker.generate(requests.get(i).clone()));
            }
            for (int i = 0; i < together.size(); i++) {
                together.get(i).awaitFinish();
                assertThat(together.get(i).tokens()).as("stream %d", i).isEqualTo(alone.get(i));
            }
        }
    }

    /** Three slots never fill four rows, but the prompts of two sequences in one batch would. */
    @Test
    void fewSlotsChangeNoLogits() throws Exception {
        try (WorkerProcess worker = start(Requantised.Q4_K.file(), true, false, 3)) {
            Generate.Builder before = Prompts.raw("A quern grinds grain. ".repeat(20), 1);
            for (int length = 1; length <= 4; length++) {
                Generate.Builder request = Prompts.raw("The mill" + " and the sea".repeat(length), 3)
                        .setLogprobs(0)
                        .clearPrefixScope();
                Answer alone = worker.generate(request.clone());
                alone.awaitFinish();
                // while its prompt is computed, the others arrive
                Answer busy = worker.generate(before.clone().clearPrefixScope());
                Answer one = worker.generate(request.clone());
                Answer other = worker.generate(request.clone());
                busy.awaitFinish();
                one.awaitFinish();
                other.awaitFinish();
                assertThat(alone.logprobs()).isNotEmpty();
                assertThat(one.logprobs()).as("length %d", length).isEqualTo(alone.logprobs());
                assertThat(other.logprobs()).as("length %d", length).isEqualTo(alone.logprobs());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void replayBesideOthersContinuesExactly(Path file, boolean flash, boolean apart) throws Exception {
        try (WorkerProcess worker = start(file, flash, apart, SLOTS)) {
            List<Generate.Builder> requests = requests().subList(0, SLOTS);
            List<List<Integer>> alone = new ArrayList<>();
            for (Generate.Builder request : requests) {
                Answer answer = worker.generate(request.clone());
                answer.awaitFinish();
                alone.add(answer.tokens());
            }
            List<Answer> continued = new ArrayList<>();
            for (int i = 0; i < SLOTS; i++) {
                List<Integer> delivered =
                        alone.get(i).subList(0, i * alone.get(i).size() / SLOTS);
                continued.add(worker.generate(requests.get(i).clone().addAllReplay(delivered)));
            }
            for (int i = 0; i < SLOTS; i++) {
                continued.get(i).awaitFinish();
                List<Integer> all = alone.get(i);
                assertThat(continued.get(i).tokens())
                        .as("stream %d", i)
                        .isEqualTo(all.subList(i * all.size() / SLOTS, all.size()));
            }
        }
    }

    /** Some fill their slots to the end, and some prompts have the same beginning. */
    private static List<Generate.Builder> requests() {
        List<Generate.Builder> requests = new ArrayList<>();
        for (int i = 0; i < Prompts.QUESTIONS.size(); i++) {
            String prompt = "A quern grinds grain. ".repeat(1 + i % 3) + Prompts.QUESTIONS.get(i);
            Generate.Builder request = Prompts.raw(prompt, i % 5 == 4 ? 0 : 12 + 11 * (i * 7 % 8));
            requests.add(i % 2 == 0 ? request : Prompts.sampled(request, i));
        }
        return requests;
    }

    private static WorkerProcess start(Path file, boolean flash, boolean apart, int slots) throws Exception {
        BatchRows rows = BatchRows.of(GgufMetadata.read(file), Kernels.X86);
        assertThat(rows).isNotEqualTo(BatchRows.ANY);
        WorkerSettings.Builder settings = WorkerProcess.settings(file, slots, CONTEXT);
        settings.getComputationBuilder()
                .setFlashAttention(flash)
                .setRowsApart(apart)
                .setBatchRows(WorkerSettings.BatchRows.newBuilder()
                        .setMultiple(rows.multiple())
                        .setLeast(rows.least()));
        return WorkerProcess.startReady(settings);
    }
}
