package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.StartsProcesses;
import io.quern.TestModels;
import io.quern.llama.Requantised;
import io.quern.model.TinyModel;
import io.quern.wire.Delta;
import io.quern.wire.Finish;
import io.quern.wire.Generate;
import io.quern.wire.Grammar;
import io.quern.wire.Step;
import io.quern.wire.WorkerSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIf;

/** Tests the real worker with drafts beside one without them. Nothing that a client sees may depend on them. */
@StartsProcesses
@EnabledIf(value = "io.quern.device.ProcessorModel#isX86", disabledReason = "nothing was measured on this processor")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WorkerDraftsTest {
    private static final int TOKENS = 150;

    /** Its continuation repeats it. */
    private static final String LIST = "one, two, three, four, five, six, seven, ".repeat(4);

    private WorkerProcess drafting;
    private WorkerProcess plain;

    @BeforeAll
    void start() throws Exception {
        drafting = start(TestModels.demo(), 7, true);
        plain = start(TestModels.demo(), 0, true);
    }

    @AfterAll
    void stop() throws Exception {
        for (WorkerProcess worker : List.of(drafting, plain)) {
            worker.close();
        }
    }

    @Test
    void greedyTextsAreTheSame() throws Exception {
        // it has measured nothing yet, so it tries
        try (WorkerProcess fresh = start(TestModels.demo(), 7, true)) {
            for (String prompt : List.of(LIST, "Tell me a story about a fox.", "a b c a b c a b c a b")) {
                same(fresh, Prompts.raw(prompt, TOKENS));
            }
            Step step = last(fresh);
            assertThat(step.getAcceptedDraftTokens()).as("right drafts").isPositive();
            assertThat(step.getDraftTokens()).isGreaterThanOrEqualTo(step.getAcceptedDraftTokens());
        }
        assertThat(last(plain).getDraftTokens()).isZero();
    }

    @Test
    void sampledTextsAreTheSame() throws Exception {
        for (int seed = 1; seed < 6; seed++) {
            Generate.Builder request = Prompts.sampled(Prompts.raw(LIST, TOKENS), seed);
            request.getSamplingBuilder().setTemperature(0.3f);
            same(request);
        }
    }

    @Test
    void answersEndAtTheSamePlace() throws Exception {
        same(Prompts.raw(LIST, TOKENS).addStop("four, five"));
        same(Prompts.raw(LIST, TOKENS).setIgnoreEos(false));
        for (int tokens = 1; tokens < 40; tokens += 3) {
            same(Prompts.raw(LIST, tokens));
        }
        // until the context is full
        same(Prompts.raw(LIST, 0));
    }

    @Test
    void grammarsHoldForEachTokenOfADraft() throws Exception {
        Generate.Builder request = Prompts.sampled(Prompts.raw(LIST, TOKENS), 4).setIgnoreEos(false);
        request.getSamplingBuilder().setFrequencyPenalty(0).setRepetitionPenalty(1);
        request.setGrammar(Grammar.newBuilder().setGbnf("root ::= (\"one, two, \" (\"three, \" | \"four, \"))+"));
        // it has measured nothing yet, so it tries
        try (WorkerProcess fresh = start(TestModels.demo(), 7, true)) {
            same(fresh, request);
            assertThat(last(fresh).getAcceptedDraftTokens()).isPositive();
        }
    }

    @Test
    void logProbabilitiesAreTheSame() throws Exception {
        Generate.Builder request = Prompts.raw(LIST, TOKENS).setLogprobs(3);
        assertThat(logprobs(drafting, request))
                .isEqualTo(logprobs(plain, request))
                .hasSize(TOKENS);
    }

    @Test
    void slotIsGoodForTheNextPrompt() throws Exception {
        List<Integer> tokens = tokens(drafting, Prompts.raw(LIST, TOKENS));
        Generate.Builder next = Prompts.raw("", TOKENS).addAllPromptTokens(tokens);
        assertThat(tokens(drafting, next)).isEqualTo(tokens(plain, next));
    }

    @Test
    void streamsThatRunTogetherHaveTheSameTexts() throws Exception {
        // it has measured nothing yet, so it tries
        try (WorkerProcess fresh = start(TestModels.demo(), 7, true)) {
            List<Generate.Builder> requests = List.of(
                    Prompts.raw(LIST, TOKENS),
                    Prompts.raw("a b c a b c a b c a b", TOKENS - 70),
                    Prompts.raw("Tell me a story about a fox.", TOKENS - 40),
                    Prompts.raw(LIST, TOKENS).addStop("four, five"));
            for (int round = 0; round < 4; round++) {
                // they end one after another, so there are drafts for four, three, two and one
                List<Answer> answers = new ArrayList<>();
                for (Generate.Builder request : requests) {
                    answers.add(fresh.generate(request.clone()));
                }
                for (int i = 0; i < requests.size(); i++) {
                    answers.get(i).awaitFinish();
                    assertThat(answers.get(i).tokens())
                            .as("request %d in round %d", i, round)
                            .isEqualTo(tokens(plain, requests.get(i)));
                }
            }
            assertThat(fresh.steps.stream().anyMatch(WorkerDraftsTest::bringsTokensOfADraftToSeveral))
                    .as("drafts for several streams")
                    .isTrue();
        }
    }

    /** Returns whether several requests got tokens, and one of them more than one. */
    private static boolean bringsTokensOfADraftToSeveral(Step step) {
        Map<Long, Long> tokens = step.getDeltasList().stream()
                .filter(delta -> delta.getTokensCount() > 0)
                .collect(Collectors.groupingBy(Delta::getRequest, Collectors.summingLong(Delta::getTokensCount)));
        return tokens.size() > 1 && tokens.values().stream().anyMatch(count -> count > 1);
    }

    @Test
    void modelsWhoseResultsWouldDifferGetNone() throws Exception {
        try (WorkerProcess gemma = start(TinyModel.GEMMA3.file(), 7, true);
                WorkerProcess f16 = start(Requantised.F16.file(), 7, false)) {
            for (WorkerProcess worker : List.of(gemma, f16)) {
                tokens(worker, Prompts.raw(LIST, TOKENS));
                assertThat(last(worker).getDraftTokens()).isZero();
            }
        }
    }

    private void same(Generate.Builder request) throws Exception {
        same(drafting, request);
    }

    private void same(WorkerProcess worker, Generate.Builder request) throws Exception {
        Answer expected = plain.generate(request.clone());
        Finish end = expected.awaitFinish();
        Answer answer = worker.generate(request.clone());
        assertThat(answer.awaitFinish().toBuilder().clearCachedTokens().build())
                .isEqualTo(end.toBuilder().clearCachedTokens().build());
        assertThat(answer.tokens()).isEqualTo(expected.tokens());
        assertThat(answer.text()).isEqualTo(expected.text());
    }

    private static List<Object> logprobs(WorkerProcess worker, Generate.Builder request) throws Exception {
        Answer answer = worker.generate(request.clone());
        answer.awaitFinish();
        return answer.deltas().stream()
                .flatMap(delta -> delta.getLogprobsList().stream())
                .map(Object.class::cast)
                .toList();
    }

    private static List<Integer> tokens(WorkerProcess worker, Generate.Builder request) throws Exception {
        Answer answer = worker.generate(request.clone());
        answer.awaitFinish();
        return answer.tokens();
    }

    private static Step last(WorkerProcess worker) {
        return worker.steps.isEmpty() ? Step.getDefaultInstance() : worker.steps.getLast();
    }

    private static WorkerProcess start(Path model, int draftTokens, boolean singleRows) throws Exception {
        WorkerSettings.Builder settings = WorkerProcess.settings(model, 4, 512);
        settings.getComputationBuilder()
                .setBf16Keys(true)
                .setFreeRows(true)
                .setDraftTokens(draftTokens)
                .setPromptCuts(WorkerSettings.PromptCuts.newBuilder()
                        .setMultiple(singleRows ? 1 : 2)
                        .setSingleRows(singleRows));
        return WorkerProcess.startReady(settings);
    }
}
