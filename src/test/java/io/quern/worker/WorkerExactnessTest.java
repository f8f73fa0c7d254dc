package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.quern.StartsProcesses;
import io.quern.model.TinyModel;
import io.quern.wire.Delta;
import io.quern.wire.Finish;
import io.quern.wire.Generate;
import io.quern.wire.Step;
import io.quern.wire.WorkerSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Tests the real worker on models without a plain KV cache (sliding window, recurrent, hybrid) and on a mixture of
 * experts. A text must not depend on the earlier content of its slot, the cut of its prompt, a move to another worker,
 * or other sequences.
 */
@StartsProcesses
class WorkerExactnessTest {
    /** Longer than the sliding window, so that a copied state lacks its beginning. */
    private static final String PROMPT = "A quern grinds grain between two stones, and the upper one turns. ".repeat(6);

    private static final int SHORT = 40;
    private static final int LONG = 300;
    private static final int KILLED_AT = 200;
    private static final int LEFT_AT = 100;

    static Stream<Arguments> withAndWithoutFlashAttention() {
        return Stream.of(TinyModel.values())
                .flatMap(model -> Stream.of(true, false).map(flash -> Arguments.of(model, flash)));
    }

    @ParameterizedTest
    @MethodSource("withAndWithoutFlashAttention")
    @EnabledOnOs(OS.LINUX)
    void resumeFromCopyAndReusedSlotKeepTexts(TinyModel model, boolean flash) throws Exception {
        List<Integer> first;
        List<Integer> whole;
        Answer lost;
        HeldMemory held;
        try (WorkerProcess dies = start(model, flash)) {
            held = HeldMemory.open(Path.of(dies.keeps.get(60, TimeUnit.SECONDS)));
            first = tokens(dies, prompt(SHORT));
            whole = tokens(dies, prompt(LONG));
            assertThat(whole.subList(0, SHORT)).isEqualTo(first);
            lost = dies.generate(prompt(LONG));
            await().atMost(Duration.ofSeconds(60)).until(() -> lost.tokens().size() >= KILLED_AT);
            dies.process.destroyForcibly();
            dies.awaitExit();
            await().until(lost.finish::isDone);
        }
        try (held;
                WorkerProcess next = start(model, flash)) {
            List<Integer> delivered = lost.tokens();
            assertThat(delivered).isEqualTo(whole.subList(0, delivered.size()));
            Generate.Builder rest = prompt(LONG).addAllReplay(delivered).setKept(held.keptBy(next, lost));
            assertThat(tokens(next, rest))
                    .as("the rest of the text, after %d tokens", delivered.size())
                    .isEqualTo(whole.subList(delivered.size(), LONG));
            assertThat(tokens(next, prompt(SHORT)))
                    .as("in the slot it was resumed in")
                    .isEqualTo(first);
            assertThat(tokens(next, prompt(LONG))).as("once more").isEqualTo(whole);
        }
    }

    @ParameterizedTest
    @MethodSource("withAndWithoutFlashAttention")
    @EnabledOnOs(OS.LINUX)
    void streamThatLeavesContinuesElsewhereWithTheSameText(TinyModel model, boolean flash) throws Exception {
        try (WorkerProcess from =
                        WorkerProcess.startReady(settings(model, flash).setFaults(true));
                WorkerProcess to = start(model, flash)) {
            Path memory = Path.of(from.keeps.get(60, TimeUnit.SECONDS));
            List<Integer> whole = tokens(from, prompt(LONG));
            from.hold(LEFT_AT);
            Answer leaves = from.generate(prompt(LONG));
            await().atMost(Duration.ofSeconds(60)).until(() -> leaves.tokens().size() == LEFT_AT);
            from.leave(leaves, 1);
            from.hold(2);
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> leaves.deltas().stream().anyMatch(Delta::getStays));
            assertThat(leaves.finish).as("its state is too large").isNotDone();
            from.leave(leaves, 64 << 20);
            from.release();
            // a copied state has no tokens before the window, and then only flash attention continues exactly
            if (!flash && model == TinyModel.GEMMA3) {
                assertThat(leaves.awaitFinish().getReason()).isEqualTo(Finish.Reason.LENGTH);
                assertThat(leaves.tokens()).isEqualTo(whole);
                return;
            }
            assertThat(leaves.awaitFinish().getReason()).isEqualTo(Finish.Reason.LEFT);
            List<Integer> delivered = leaves.tokens();
            Generate.Builder rest = prompt(LONG).addAllReplay(delivered);
            try (HeldMemory held = HeldMemory.open(memory)) {
                rest.setKept(held.keptBy(to, leaves));
            }
            int before = to.steps.size();
            assertThat(tokens(to, rest)).isEqualTo(whole.subList(delivered.size(), LONG));
            assertThat(to.steps.size() - before)
                    .as("nothing is computed again")
                    .isBetween(LONG - delivered.size(), LONG - delivered.size() + 3);
            assertThat(tokens(from, prompt(SHORT)))
                    .as("in the slot that it left")
                    .isEqualTo(whole.subList(0, SHORT));
        }
    }

    @ParameterizedTest
    @EnumSource
    void replayAndReusedSlotKeepTexts(TinyModel model) throws Exception {
        Generate.Builder ends = Prompts.raw(PROMPT + "Which of them turns?", SHORT);
        // the common beginning ends far before the window of what the slot then holds
        Generate.Builder begins = Prompts.raw(PROMPT.substring(0, PROMPT.length() / 6) + "Who made it?", SHORT);
        try (WorkerProcess worker = start(model, true)) {
            List<Integer> begun = tokens(worker, begins);
            List<Integer> whole = tokens(worker, prompt(LONG));
            assertThat(tokens(worker, begins)).as("a common beginning").isEqualTo(begun);
            List<Integer> ended = tokens(worker, ends);
            assertThat(tokens(worker, ends)).as("the same prompt").isEqualTo(ended);
            for (int delivered : new int[] {1, 50, KILLED_AT}) {
                Generate.Builder rest = prompt(LONG).addAllReplay(whole.subList(0, delivered));
                assertThat(tokens(worker, rest)).isEqualTo(whole.subList(delivered, LONG));
                assertThat(tokens(worker, prompt(SHORT))).isEqualTo(whole.subList(0, SHORT));
            }
            assertThat(tokens(worker, begins)).isEqualTo(begun);
            assertThat(tokens(worker, ends)).isEqualTo(ended);
        }
    }

    @ParameterizedTest
    @EnumSource
    void promptInPiecesKeepsTheText(TinyModel model) throws Exception {
        try (WorkerProcess atOnce = start(model, false, 10_000);
                WorkerProcess inPieces = start(model, false, 1)) {
            assertThat(tokens(inPieces, prompt(SHORT))).isEqualTo(tokens(atOnce, prompt(SHORT)));
        }
    }

    /** Not a mixture of experts: see docs/internals/exactness.md. */
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "OLMOE")
    void fourTogetherGetTheSameTextsAsAlone(TinyModel model) throws Exception {
        for (boolean flash : new boolean[] {true, false}) {
            WorkerSettings.Builder settings = settings(model, flash).setFaults(true);
            settings.getSequencesBuilder().setSlots(4);
            try (WorkerProcess worker = WorkerProcess.startReady(settings)) {
                List<Generate.Builder> requests = new ArrayList<>();
                for (int i = 0; i < 4; i++) {
                    Generate.Builder request = Prompts.raw(PROMPT.substring(7 * i) + Prompts.QUESTIONS.get(i), 150);
                    requests.add(i % 2 == 0 ? request : Prompts.sampled(request, i));
                }
                List<List<Integer>> alone = new ArrayList<>();
                for (Generate.Builder request : requests) {
                    alone.add(tokens(worker, request));
                }
                List<Answer> together = new ArrayList<>();
                // no answer begins before all requests have arrived
                worker.hold(0);
                for (Generate.Builder request : requests) {
                    together.add(worker.generate(request.clone()));
                }
                for (Answer answer : together) {
                    answer.awaitAccepted();
                }
                worker.release();
                for (int i = 0; i < 4; i++) {
                    together.get(i).awaitFinish();
                    assertThat(together.get(i).tokens()).as("stream %d", i).isEqualTo(alone.get(i));
                }
                assertThat(worker.steps.stream()
                                .mapToInt(Step::getDeltasCount)
                                .max()
                                .orElseThrow())
                        .as("they ran at the same time")
                        .isGreaterThan(1);
            }
        }
    }

    private static WorkerProcess start(TinyModel model, boolean flash) throws Exception {
        return WorkerProcess.startReady(settings(model, flash));
    }

    private static WorkerProcess start(TinyModel model, boolean flash, int stepMillis) throws Exception {
        WorkerSettings.Builder settings = settings(model, flash);
        settings.getComputationBuilder().setStepMillis(stepMillis);
        return WorkerProcess.startReady(settings);
    }

    private static WorkerSettings.Builder settings(TinyModel model, boolean flash) throws Exception {
        WorkerSettings.Builder settings = WorkerProcess.settings(model.file(), 1, 512)
                .setStateCopies(WorkerSettings.StateCopies.newBuilder()
                        .setBytes(100_000_000)
                        .setShare(1));
        settings.getComputationBuilder().setFlashAttention(flash);
        return settings;
    }

    private static Generate.Builder prompt(int maxTokens) {
        return Prompts.raw(PROMPT, maxTokens);
    }

    private static List<Integer> tokens(WorkerProcess worker, Generate.Builder request) throws Exception {
        Answer answer = worker.generate(request.clone());
        answer.awaitFinish();
        return answer.tokens();
    }
}
