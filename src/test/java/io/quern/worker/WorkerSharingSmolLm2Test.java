package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.quern.TestModels;
import io.quern.wire.Delta;
import io.quern.wire.Generate;
import io.quern.wire.Rejected;
import io.quern.wire.Step;
import io.quern.wire.WorkerSettings;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tests how requests on the real worker affect each other. Requests that must still run during a check are held. */
@Tag(TestModels.SMOLLM2)
class WorkerSharingSmolLm2Test {
    private static final int SLOTS = 2;
    private static final int PROMPT_TOKENS = 1500;

    private static WorkerProcess worker;

    @BeforeAll
    static void start() throws Exception {
        worker = WorkerProcess.startReady(settings().setFaults(true));
    }

    @AfterAll
    static void stop() throws Exception {
        if (worker != null) {
            worker.close();
        }
    }

    private static WorkerSettings.Builder settings() {
        return WorkerProcess.settings(TestModels.smolLm2(), SLOTS, 2048);
    }

    @AfterEach
    void release() throws Exception {
        worker.release();
        worker.cancelAll();
    }

    @Test
    void longPromptDoesNotStallAStream() throws Exception {
        // with the shortest step, pieces have their minimum size, whatever the speed of the machine
        WorkerSettings.Builder settings = settings();
        settings.getComputationBuilder().setStepMillis(1);
        try (WorkerProcess other = WorkerProcess.startReady(settings)) {
            checkStreamProceedsDuringPrefill(other);
        }
    }

    private static void checkStreamProceedsDuringPrefill(WorkerProcess worker) throws Exception {
        Answer stream = worker.generate(Prompts.ask("Tell me a long story.", 0));
        await().until(() -> !stream.deltas().isEmpty());
        Answer large = worker.generate(Prompts.raw("many words ".repeat(PROMPT_TOKENS / 2), 1));
        assertThat(large.awaitAccepted()).isGreaterThan(PROMPT_TOKENS - 10);
        large.awaitFinish();

        Set<Long> advanced = worker.steps.stream()
                .filter(step -> step.getDeltasList().stream().anyMatch(d -> d.getRequest() == stream.id))
                .map(Step::getStep)
                .collect(Collectors.toSet());
        List<Step> prefilling = worker.steps.stream()
                .filter(step -> step.getPrefilled() > 0 && step.getCachedTokens() > 200)
                .toList();
        // pieces of 512 tokens would need only three steps
        assertThat(prefilling).hasSizeGreaterThan(15);
        assertThat(prefilling).as("each step advances the stream").allMatch(step -> advanced.contains(step.getStep()));
        assertThat(prefilling.stream().mapToInt(Step::getPrefilled).max().orElseThrow())
                .isLessThan(256);
    }

    @Test
    void longPromptGetsTheSameAnswerInCompany() throws Exception {
        // sampled, because a greedy answer may repeat one text, depending on the processor's kernels
        Generate.Builder asked =
                Prompts.sampled(Prompts.raw("many words ".repeat(350) + "and a question: what is a sea?", 24), 7);
        Answer alone = worker.generate(asked.clone());
        alone.awaitFinish();
        // another prompt replaces the kept prefix
        worker.generate(Prompts.ask("Tell me a long story.", 40)).awaitFinish();

        Answer company = worker.generate(Prompts.ask("Tell me another long story.", 0));
        await().until(() -> !company.deltas().isEmpty());
        Answer together = worker.generate(asked.clone());
        together.awaitFinish();
        worker.cancel(company);
        assertThat(together.tokens()).isEqualTo(alone.tokens());
        assertThat(together.tokens().stream().distinct().count())
                .as("an answer that is varied enough to show a difference")
                .isGreaterThan(8);

        // the same again, resumed in the middle
        Answer replayed =
                worker.generate(asked.clone().addAllReplay(alone.tokens().subList(0, 10)));
        replayed.awaitFinish();
        assertThat(replayed.tokens()).isEqualTo(alone.tokens().subList(10, 24));
    }

    @Test
    void cancelledRequestFreesItsSlotAtOnce() throws Exception {
        worker.hold(5);
        Answer first = worker.generate(Prompts.ask("Tell me a long story.", 0));
        Answer second = worker.generate(Prompts.ask("Tell me another one.", 0));
        first.awaitAccepted();
        second.awaitAccepted();
        assertThat(worker.generate(Prompts.ask("Hi!", 1)).awaitRejected().getReason())
                .isEqualTo(Rejected.Reason.NO_SLOT);
        await().until(() -> first.deltas().size() == 5 || second.deltas().size() == 5);

        int received = first.deltas().size();
        worker.cancel(first);
        Answer third = worker.generate(Prompts.ask("Hi!", 1));
        // the cancellation was sent before on the same connection
        third.awaitAccepted();
        worker.release();
        third.awaitFinish();
        assertThat(first.finish).as("a cancelled request gets no end").isNotDone();
        // the held step still contained the request
        assertThat(first.deltas()).hasSizeLessThanOrEqualTo(received + 1);
        worker.cancel(second);
        // a worker without other requests has no other cached tokens
        Answer last = worker.generate(Prompts.ask("Hi!", 1));
        last.awaitFinish();
        assertThat(worker.steps.getLast().getCachedTokens()).isZero();
    }

    @Test
    void hugePromptIsRefusedWhileStreamsContinue() throws Exception {
        worker.hold(2);
        Answer stream = worker.generate(Prompts.ask("Tell me a long story.", 0));
        await().until(() -> stream.deltas().size() == 2);
        Rejected refused =
                worker.generate(Prompts.raw("x".repeat(5_000_000), 1)).awaitRejected();
        assertThat(refused.getReason()).isEqualTo(Rejected.Reason.CONTEXT_LENGTH);
        assertThat(refused.getMessage()).contains("5000000 bytes");
        worker.release();
        await().until(() -> stream.deltas().size() > 4);
        worker.cancel(stream);
    }

    @Test
    void requestCancelledBeforeItsBeginIsForgotten() throws Exception {
        worker.hold(1);
        Answer stream = worker.generate(Prompts.ask("Tell me a long story.", 0));
        for (int i = 0; i < 20; i++) {
            Answer cancelled = worker.generate(Prompts.raw("a b c ".repeat(100), 0));
            worker.cancel(cancelled);
        }
        worker.release();
        Answer after = worker.generate(Prompts.ask("Hi!", 1));
        after.awaitFinish();
        worker.cancel(stream);
        assertThat(stream.deltas()).allMatch(delta -> !delta.hasFinish());
        assertThat(after.deltas()).extracting(Delta::getRequest).containsOnly(after.id);
    }
}
