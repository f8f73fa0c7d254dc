package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.quern.StartsProcesses;
import io.quern.TestModels;
import io.quern.wire.Finish;
import io.quern.wire.Generate;
import io.quern.wire.Step;
import io.quern.wire.WorkerSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the real worker with memory for two full slots of eight. No text may depend on who pauses. */
@StartsProcesses
@EnabledOnOs(OS.LINUX)
class WorkerTurnsTest {
    private static final int SLOTS = 8;
    private static final int CONTEXT = 512;

    /** The demo model takes 4 KiB for a token. */
    private static final long TWO_FULL_SLOTS = 2L * CONTEXT * 4096;

    /** Pages in which a slot's part ends and the next one begins: four layers of keys and values. */
    private static final long EDGES = (SLOTS + 1) * 8L * 4096;

    private static final long ENOUGH_FOR_COPIES = 100 << 20;
    private static final long FOR_ONE_COPY = 3 << 20;

    @ParameterizedTest
    @ValueSource(longs = {ENOUGH_FOR_COPIES, FOR_ONE_COPY, 0})
    void pausedSequencesContinueExactly(long copies) throws Exception {
        try (WorkerProcess worker = start(copies)) {
            if (copies > 0) {
                worker.keeps.get(60, TimeUnit.SECONDS);
            }
            List<Generate.Builder> requests = requests();
            List<List<Integer>> alone = new ArrayList<>();
            for (Generate.Builder request : requests) {
                alone.add(tokens(worker.generate(request.clone())));
            }
            int before = worker.steps.size();
            List<Answer> together = new ArrayList<>();
            for (int i = 0; i < requests.size(); i++) {
                if (i >= SLOTS) {
                    together.get(i - SLOTS).awaitFinish();
                }
                together.add(worker.generate(requests.get(i).clone()));
            }
            for (int i = 0; i < together.size(); i++) {
                assertThat(tokens(together.get(i))).as("stream %d", i).isEqualTo(alone.get(i));
            }
            List<Step> steps = worker.steps.subList(before, worker.steps.size());
            assertThat(steps.stream().mapToInt(Step::getCachedTokens).max().orElseThrow())
                    .as("tokens in the cache at the same time")
                    .isBetween(CONTEXT, 2 * CONTEXT + SLOTS);
            assertThat(steps.getLast().getPauses()).as("pauses").isPositive();
            assertThat(steps.stream().mapToInt(Step::getWaiting).max().orElseThrow())
                    .as("sequences that wait at the same time")
                    .isGreaterThan(1);
        }
    }

    @Test
    void pausedSequenceLeavesAndContinuesElsewhere() throws Exception {
        try (WorkerProcess from = start(ENOUGH_FOR_COPIES);
                WorkerProcess to = start(ENOUGH_FOR_COPIES)) {
            Path memory = Path.of(from.keeps.get(60, TimeUnit.SECONDS));
            Generate.Builder request = Prompts.raw(Prompts.QUESTIONS.getLast(), 0);
            List<Integer> whole = tokens(from.generate(request.clone()));
            for (int i = 0; i < SLOTS - 1; i++) {
                from.generate(Prompts.raw(Prompts.QUESTIONS.get(i), 0));
            }
            Answer youngest = from.generate(request.clone());
            await().atMost(Duration.ofSeconds(60))
                    .until(() ->
                            !youngest.tokens().isEmpty() && from.steps.getLast().getWaiting() > 0);
            List<Integer> delivered = List.copyOf(youngest.tokens());
            from.leave(youngest, 64 << 20);
            assertThat(youngest.awaitFinish().getReason()).isEqualTo(Finish.Reason.LEFT);
            assertThat(youngest.tokens()).as("it was paused").isEqualTo(delivered);
            Generate.Builder rest = request.clone().addAllReplay(delivered);
            try (HeldMemory held = HeldMemory.open(memory)) {
                rest.setKept(held.keptBy(to, youngest));
            }
            int before = to.steps.size();
            assertThat(tokens(to.generate(rest))).isEqualTo(whole.subList(delivered.size(), whole.size()));
            int left = whole.size() - delivered.size();
            assertThat(to.steps.size() - before).as("nothing is computed again").isBetween(left, left + 3);
        }
    }

    @Test
    void cancelledSequencesGiveTheirTurnAway() throws Exception {
        try (WorkerProcess worker = start(0)) {
            List<Answer> answers = new ArrayList<>();
            for (int i = 0; i < SLOTS; i++) {
                answers.add(worker.generate(Prompts.raw(Prompts.QUESTIONS.get(i), 0)));
            }
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> answers.get(1).tokens().size() >= 150);
            for (int i = 0; i < SLOTS - 1; i++) {
                worker.cancel(answers.get(i));
            }
            answers.get(SLOTS - 1).awaitFinish();
            assertThat(tokens(worker.generate(Prompts.raw(Prompts.QUESTIONS.getFirst(), 20))))
                    .hasSize(20);
        }
    }

    @Test
    void memoryForFullSlotsLetsNobodyWait() throws Exception {
        WorkerSettings.Builder settings = WorkerProcess.settings(TestModels.demo(), SLOTS, CONTEXT);
        settings.getSequencesBuilder().setCacheBytes(SLOTS * TWO_FULL_SLOTS);
        try (WorkerProcess worker = WorkerProcess.startReady(settings)) {
            List<Answer> answers = new ArrayList<>();
            for (int i = 0; i < SLOTS; i++) {
                answers.add(worker.generate(Prompts.raw(Prompts.QUESTIONS.get(i), 0)));
            }
            for (Answer answer : answers) {
                answer.awaitFinish();
            }
            assertThat(worker.steps.getLast().getPauses()).isZero();
        }
    }

    /** Half of them fill their slots. */
    private static List<Generate.Builder> requests() {
        List<Generate.Builder> requests = new ArrayList<>();
        for (int i = 0; i < Prompts.QUESTIONS.size(); i++) {
            String prompt = "A quern grinds grain. ".repeat(1 + i % 3) + Prompts.QUESTIONS.get(i);
            Generate.Builder request = Prompts.raw(prompt, i % 2 == 0 ? 0 : 20 + 30 * (i % 8));
            requests.add(i % 3 == 0 ? Prompts.sampled(request, i) : request);
        }
        return requests;
    }

    private static List<Integer> tokens(Answer answer) throws Exception {
        answer.awaitFinish();
        return answer.tokens();
    }

    private static WorkerProcess start(long copies) throws Exception {
        WorkerSettings.Builder settings = WorkerProcess.settings(TestModels.demo(), SLOTS, CONTEXT);
        settings.getSequencesBuilder().setCacheBytes(TWO_FULL_SLOTS + EDGES);
        if (copies > 0) {
            settings.setStateCopies(
                    WorkerSettings.StateCopies.newBuilder().setBytes(copies).setShare(0.02));
        }
        return WorkerProcess.startReady(settings);
    }
}
