package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.quern.StartsProcesses;
import io.quern.TestModels;
import io.quern.model.TinyModel;
import io.quern.wire.Generate;
import io.quern.wire.Step;
import io.quern.wire.WorkerSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests the real worker with states of prefixes that other workers have computed. The test plays the engine. A text
 * must not depend on where the state of its prompt comes from.
 */
@StartsProcesses
@EnabledOnOs(OS.LINUX)
class WorkerPrefixesTest {
    /** Longer than the sliding window. */
    static final String PREFIX = "A quern grinds grain between two stones, and the upper one turns. ".repeat(8);

    /** The first one is so long that the state at its end is of no use for the others. */
    private static final List<String> ENDS = List.of(
            "Which of them turns? Is it the one above, or the one below? ".repeat(6),
            "Who made it, and what is it made of? I would like to know.",
            "Is it heavy?");

    private static final int TOKENS = 60;

    static Stream<Arguments> models() {
        return Stream.concat(
                Stream.of(TinyModel.values()).map(model -> Arguments.of(model.file(), true, true)),
                // without flash attention the state of a passed window is not exact
                Stream.of(
                        Arguments.of(TinyModel.GEMMA3.file(), false, false),
                        Arguments.of(TestModels.demo(), false, true)));
    }

    @ParameterizedTest
    @MethodSource("models")
    void textsAreTheSameWithAndWithoutTheStateOfAPrefix(Path model, boolean flash, boolean shared) throws Exception {
        checkTexts(model, flash, shared);
    }

    /** @param shared whether states of this model are exact, so that they are shared */
    static void checkTexts(Path model, boolean flash, boolean shared) throws Exception {
        List<List<Integer>> alone = new ArrayList<>();
        int prompt;
        try (WorkerProcess worker = start(model, flash, null)) {
            for (String end : ENDS) {
                alone.add(tokens(worker.generate(ask(end))));
            }
            prompt = worker.generate(ask(ENDS.getFirst())).awaitAccepted();
        }
        try (HeldPrefixes prefixes = new HeldPrefixes()) {
            for (int i = 0; i < 2; i++) {
                try (WorkerProcess killed = start(model, flash, prefixes)) {
                    assertThat(tokens(killed.generate(ask(ENDS.get(i))))).isEqualTo(alone.get(i));
                    killed.process.destroyForcibly();
                    killed.awaitExit();
                }
            }
            assertThat(prefixes.computed).hasSize(shared ? (keepsOnlyLast(prefixes) ? 2 : 1) : 0);
            try (WorkerProcess next = start(model, flash, prefixes)) {
                Answer third = next.generate(ask(ENDS.get(2)));
                assertThat(tokens(third)).as("only the prefix is the same").isEqualTo(alone.get(2));
                assertThat(third.awaitFinish().getCachedTokens()).isBetween(shared ? 64 : 0, shared ? prompt : 0);
                assertThat(third.deltas().getFirst().getCachedTokens())
                        .isEqualTo(third.awaitFinish().getCachedTokens());
                Answer again = next.generate(ask(ENDS.get(0)));
                assertThat(tokens(again)).as("the same prompt").isEqualTo(alone.get(0));
                assertThat(again.awaitFinish().getCachedTokens()).isBetween(shared ? prompt - 40 : 0, prompt);
            }
        }
    }

    @Test
    void concurrentStreamsGetTheStateOfTheFirst() throws Exception {
        try (HeldPrefixes prefixes = new HeldPrefixes();
                WorkerProcess worker = WorkerProcess.startReady(settings(TestModels.demo(), true, 6), prefixes)) {
            List<List<Integer>> alone = new ArrayList<>();
            for (String end : ENDS) {
                alone.add(tokens(worker.generate(ask(end).setPrefixScope(""))));
            }
            tokens(worker.generate(ask("Go!")));
            worker.steps.clear();
            List<Answer> together = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                together.add(worker.generate(ask(ENDS.get(i % 3))));
            }
            for (int i = 0; i < 6; i++) {
                assertThat(tokens(together.get(i))).isEqualTo(alone.get(i % 3));
                assertThat(together.get(i).awaitFinish().getCachedTokens()).isGreaterThan(64);
            }
            assertThat(prefixes.found).hasSizeGreaterThan(5);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void beginningOfPromptsThatArriveTogetherIsComputedOnce(boolean flash) throws Exception {
        try (WorkerProcess worker = WorkerProcess.startReady(
                settings(TestModels.demo(), flash, 9).clearPrefixStates().setFaults(true))) {
            List<List<Integer>> alone = new ArrayList<>();
            int prompts = 0;
            for (String end : ENDS) {
                Answer answer = worker.generate(ask(end).setPrefixScope(""));
                alone.add(tokens(answer));
                prompts += answer.awaitAccepted();
            }
            WorkerSiblingsTest.pause(worker);
            worker.steps.clear();
            List<Answer> together = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                together.add(worker.generate(ask(ENDS.get(i % 3))));
            }
            Answer foreign = worker.generate(ask(ENDS.get(2)).setPrefixScope("another client"));
            int foreignPrompt = foreign.awaitAccepted();
            WorkerSiblingsTest.releaseAll(worker);
            for (int i = 0; i < 6; i++) {
                assertThat(tokens(together.get(i))).as("stream %d", i).isEqualTo(alone.get(i % 3));
                int cached = together.get(i).awaitFinish().getCachedTokens();
                assertThat(cached).isBetween(i == 0 ? 0 : 64, i == 0 ? 0 : 512);
            }
            assertThat(tokens(foreign)).isEqualTo(alone.get(2));
            assertThat(foreign.awaitFinish().getCachedTokens()).isZero();
            assertThat(worker.steps.stream().mapToInt(Step::getPrefilled).sum() - foreignPrompt)
                    .as("less than half of all prompts")
                    .isLessThan(prompts);
        }
    }

    @Test
    void missingStateIsComputed() throws Exception {
        try (HeldPrefixes prefixes = new HeldPrefixes()) {
            List<Integer> expected;
            try (WorkerProcess first = start(TestModels.demo(), true, prefixes)) {
                expected = tokens(first.generate(ask(ENDS.get(0))));
            }
            prefixes.lies = true;
            try (WorkerProcess next = start(TestModels.demo(), true, prefixes)) {
                Answer answer = next.generate(ask(ENDS.get(0)));
                assertThat(tokens(answer)).isEqualTo(expected);
                assertThat(answer.awaitFinish().getCachedTokens()).isZero();
                assertThat(prefixes.found.getLast().getTokens()).isPositive();
            }
        }
    }

    @Test
    void promptIsComputedIfTheEngineDoesNotAnswer() throws Exception {
        try (HeldPrefixes prefixes = new HeldPrefixes();
                WorkerProcess worker = start(TestModels.demo(), true, prefixes)) {
            prefixes.silent = true;
            Answer cancelled = worker.generate(ask(ENDS.get(1)));
            cancelled.awaitAccepted();
            worker.cancel(cancelled);
            Answer answer = worker.generate(ask(ENDS.get(0)));
            tokens(answer);
            assertThat(answer.awaitFinish().getCachedTokens()).isZero();
            assertThat(prefixes.found).isEmpty();
        }
    }

    @Test
    void offerIsFinalAndClosedOnceItIsTaken() throws Exception {
        try (HeldPrefixes prefixes = new HeldPrefixes();
                WorkerProcess worker = start(TestModels.demo(), true, prefixes)) {
            tokens(worker.generate(ask(ENDS.get(0))));
            Path memory = Path.of(prefixes.computed.getFirst().getPath());
            await().untilAsserted(() -> assertThat(memory).doesNotExist());
            tokens(worker.generate(ask(ENDS.get(0))));
            assertThat(prefixes.computed).as("nothing new").hasSize(1);
        }
    }

    @Test
    void firstTokenDoesNotWaitForTheCopyOfItsPrompt() throws Exception {
        try (HeldPrefixes prefixes = new HeldPrefixes();
                WorkerProcess worker = start(TestModels.demo(), true, prefixes)) {
            tokens(worker.generate(ask(ENDS.get(0))));
            assertThat(prefixes.tokensBefore).containsExactly(1);
        }
    }

    /** Otherwise the state of its prompt would be lost with its slot. */
    @Test
    void answerOfOneTokenLeavesTheStateOfItsPrompt() throws Exception {
        try (HeldPrefixes prefixes = new HeldPrefixes();
                WorkerProcess worker = start(TestModels.demo(), true, prefixes)) {
            tokens(worker.generate(Prompts.raw(PREFIX, 1)));
            assertThat(prefixes.computed).hasSize(1);
        }
    }

    private static boolean keepsOnlyLast(HeldPrefixes prefixes) {
        return prefixes.computed.getFirst().getExact();
    }

    private static Generate.Builder ask(String end) {
        return Prompts.sampled(Prompts.raw(PREFIX + end, TOKENS), 3);
    }

    private static List<Integer> tokens(Answer answer) throws Exception {
        answer.awaitFinish();
        return answer.tokens();
    }

    private static WorkerProcess start(Path model, boolean flash, HeldPrefixes prefixes) throws Exception {
        WorkerSettings.Builder settings = settings(model, flash, 1);
        return prefixes == null
                ? WorkerProcess.startReady(settings.clearPrefixStates())
                : WorkerProcess.startReady(settings, prefixes);
    }

    static WorkerSettings.Builder settings(Path model, boolean flash, int slots) {
        WorkerSettings.Builder settings = WorkerProcess.settings(model, slots, 512)
                .setPrefixStates(WorkerSettings.PrefixStates.newBuilder().setBytes(1L << 30));
        settings.getComputationBuilder().setFlashAttention(flash);
        return settings;
    }
}
