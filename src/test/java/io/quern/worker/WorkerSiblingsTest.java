package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.quern.StartsProcesses;
import io.quern.TestModels;
import io.quern.model.TinyModel;
import io.quern.wire.Generate;
import io.quern.wire.Step;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests the choices of one answer on the real worker: each gets the text that it would get alone. */
@StartsProcesses
class WorkerSiblingsTest {
    private static final String PROMPT = "A quern grinds grain between two stones, and the upper one turns. ".repeat(6);
    private static final int CHOICES = 3;
    private static final int TOKENS = 24;
    private static final int LONG = 120;

    /** Not a mixture of experts, whose texts depend on company: see docs/internals/exactness.md. */
    static Stream<Arguments> models() {
        return Stream.of(TinyModel.values())
                .filter(model -> model != TinyModel.OLMOE)
                .flatMap(model -> Stream.of(true, false).map(flash -> Arguments.of(model.file(), flash, model)));
    }

    @ParameterizedTest
    @MethodSource("models")
    void siblingsGetTheirTextsFromOnePrefill(Path file, boolean flash, TinyModel model) throws Exception {
        try (WorkerProcess worker = start(file, flash)) {
            List<List<Integer>> alone = alone(worker);
            int whole = prefilled(worker) / CHOICES;
            List<Answer> together = siblings(worker);
            for (int seed = 0; seed < CHOICES; seed++) {
                together.get(seed).awaitFinish();
                assertThat(together.get(seed).tokens()).as("choice %d", seed).isEqualTo(alone.get(seed));
            }
            // without flash attention a window's copy is not exact, so each computes the prompt itself
            boolean copied = flash || model != TinyModel.GEMMA3;
            assertThat(prefilled(worker)).isEqualTo(copied ? whole : CHOICES * whole);

            Answer first = worker.generate(member(sampled(0, LONG), "two"));
            await().atMost(Duration.ofSeconds(60)).until(() -> first.tokens().size() >= 2);
            Answer late = worker.generate(member(sampled(1, TOKENS), "two"));
            late.awaitFinish();
            first.awaitFinish();
            assertThat(late.tokens()).as("a late choice").isEqualTo(alone.get(1));
            assertThat(first.tokens().subList(0, TOKENS)).isEqualTo(alone.get(0));

            checkThatSiblingsOfCancelledRequestsGoOn(worker, alone);
        }
    }

    private static void checkThatSiblingsOfCancelledRequestsGoOn(WorkerProcess worker, List<List<Integer>> alone)
            throws Exception {
        List<Answer> together = siblings(worker);
        worker.cancel(together.get(0));
        together.get(2).awaitFinish();
        assertThat(together.get(2).tokens()).isEqualTo(alone.get(2));

        Answer first = worker.generate(member(sampled(0, TOKENS), "at once"));
        Answer second = worker.generate(member(sampled(1, TOKENS), "at once"));
        worker.cancel(first);
        second.awaitFinish();
        assertThat(second.tokens()).isEqualTo(alone.get(1));
    }

    @Test
    void siblingsShareNoMoreThanTheyMay() throws Exception {
        try (WorkerProcess worker = start(TestModels.demo(), true)) {
            List<List<Integer>> alone = alone(worker);
            checkThatLateSiblingPrefillsOnlyTheEndOfThePrompt(worker, alone);
            checkThatOtherFamiliesAndOtherPromptsShareNothing(worker);
            checkThatResumedSiblingsContinue(worker, alone);
            checkThatRulesOfOneSiblingDoNotAffectTheOthers(
                    worker, alone.getFirst().getFirst());
        }
    }

    private static void checkThatRulesOfOneSiblingDoNotAffectTheOthers(WorkerProcess worker, int token)
            throws Exception {
        List<Generate.Builder> requests = new ArrayList<>();
        for (int seed = 0; seed < CHOICES; seed++) {
            Generate.Builder request = sampled(seed, TOKENS).setLogprobs(2);
            request.getSamplingBuilder().addLogitBiasBuilder().setToken(token).setBias(-1 - seed);
            requests.add(request);
        }
        List<Answer> alone = new ArrayList<>();
        for (Generate.Builder request : requests) {
            Answer answer = worker.generate(request.clone());
            answer.awaitFinish();
            alone.add(answer);
        }
        pause(worker);
        List<Answer> together = new ArrayList<>();
        for (Generate.Builder request : requests) {
            together.add(worker.generate(member(request, "rules")));
        }
        for (Answer answer : together) {
            answer.awaitAccepted();
        }
        releaseAll(worker);
        for (int i = 0; i < CHOICES; i++) {
            together.get(i).awaitFinish();
            assertThat(together.get(i).tokens()).isEqualTo(alone.get(i).tokens());
            assertThat(together.get(i).logprobs())
                    .hasSize(TOKENS)
                    .isEqualTo(alone.get(i).logprobs());
        }
    }

    private static void checkThatLateSiblingPrefillsOnlyTheEndOfThePrompt(
            WorkerProcess worker, List<List<Integer>> alone) throws Exception {
        worker.hold(2);
        Answer first = worker.generate(member(sampled(0, LONG), "late"));
        await().until(() -> first.tokens().size() >= 2);
        worker.steps.clear();
        Answer late = worker.generate(member(sampled(1, TOKENS), "late"));
        late.awaitAccepted();
        worker.release();
        late.awaitFinish();
        first.awaitFinish();
        assertThat(late.tokens()).isEqualTo(alone.get(1));
        assertThat(prefilled(worker)).isBetween(2, 9);
    }

    private static void checkThatOtherFamiliesAndOtherPromptsShareNothing(WorkerProcess worker) throws Exception {
        Answer alone = worker.generate(sampled(0, 1));
        int whole = alone.awaitAccepted();
        alone.awaitFinish();
        pause(worker);
        worker.steps.clear();
        List<Answer> all = List.of(
                worker.generate(member(sampled(0, 1), "one")),
                worker.generate(member(sampled(0, 1), "other")),
                worker.generate(member(sampled(0, 1).setPrompt("B" + PROMPT), "one")));
        int different = all.get(2).awaitAccepted();
        releaseAll(worker);
        for (Answer answer : all) {
            answer.awaitFinish();
        }
        assertThat(prefilled(worker)).isEqualTo(2 * whole + different);
    }

    private static void checkThatResumedSiblingsContinue(WorkerProcess worker, List<List<Integer>> alone)
            throws Exception {
        pause(worker);
        List<Answer> all = new ArrayList<>();
        for (int seed = 0; seed < CHOICES; seed++) {
            Generate.Builder request = member(sampled(seed, TOKENS), "moved");
            all.add(worker.generate(request.addAllReplay(alone.get(seed).subList(0, 5 * seed))));
        }
        all.get(2).awaitAccepted();
        releaseAll(worker);
        for (int seed = 0; seed < CHOICES; seed++) {
            all.get(seed).awaitFinish();
            assertThat(all.get(seed).tokens()).isEqualTo(alone.get(seed).subList(5 * seed, TOKENS));
        }
    }

    private static List<List<Integer>> alone(WorkerProcess worker) throws Exception {
        List<List<Integer>> alone = new ArrayList<>();
        for (int seed = 0; seed < CHOICES; seed++) {
            Answer answer = worker.generate(sampled(seed, TOKENS));
            answer.awaitFinish();
            alone.add(answer.tokens());
        }
        assertThat(alone).as("seeds matter").doesNotHaveDuplicates();
        return alone;
    }

    /** Starts three choices. None begins before all have arrived. */
    private static List<Answer> siblings(WorkerProcess worker) throws Exception {
        pause(worker);
        worker.steps.clear();
        List<Answer> together = new ArrayList<>();
        for (int seed = 0; seed < CHOICES; seed++) {
            together.add(worker.generate(member(sampled(seed, TOKENS), "one")));
        }
        for (Answer answer : together) {
            answer.awaitAccepted();
        }
        releaseAll(worker);
        return together;
    }

    /** Ends a pause after all accepted requests have reached the step loop. */
    static void releaseAll(WorkerProcess worker) throws Exception {
        // the thread that accepts a request passes it on a moment later, and before it refuses the next one
        worker.generate(Prompts.raw("", 1)).awaitRejected();
        worker.release();
    }

    /** Pauses the worker between two steps. The request that it uses for that ends with the next one. */
    static void pause(WorkerProcess worker) throws Exception {
        worker.hold(1);
        Answer running = worker.generate(Prompts.ask("Hi!", 2));
        await().until(() -> running.tokens().size() == 1);
        int reported = worker.steps.size();
        // a heartbeat, which has no tokens
        await().until(() -> worker.steps.size() > reported);
    }

    private static int prefilled(WorkerProcess worker) {
        return worker.steps.stream().mapToInt(Step::getPrefilled).sum();
    }

    private static Generate.Builder sampled(long seed, int tokens) {
        // without a scope, so that only siblings share the prompt
        return Prompts.sampled(Prompts.raw(PROMPT, tokens), seed).setPrefixScope("");
    }

    private static Generate.Builder member(Generate.Builder request, String family) {
        return request.setFamily(Generate.Family.newBuilder().setId(family));
    }

    private static WorkerProcess start(Path model, boolean flash) throws Exception {
        var settings = WorkerProcess.settings(model, CHOICES + 2, 512).setFaults(true);
        settings.getComputationBuilder().setFlashAttention(flash);
        return WorkerProcess.startReady(settings);
    }
}
