package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.quern.StartsProcesses;
import io.quern.wire.Delta;
import io.quern.wire.Finish;
import io.quern.wire.Generate;
import io.quern.wire.Grammar;
import io.quern.wire.Kept;
import io.quern.wire.Protocol;
import io.quern.wire.Rejected;
import io.quern.wire.Step;
import io.quern.wire.VocabularyAnswer;
import io.quern.wire.VocabularyQuestion;
import io.quern.wire.WorkerSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Tests the answers of the real worker on any model. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@StartsProcesses
abstract class WorkerAnswersContract {
    private static final int SLOTS = 16;
    static final int CONTEXT = 256;

    private final Path model;
    private final String quantization;
    private final int tokens;
    WorkerProcess worker;
    private int stepsBefore;

    /** @param tokens long enough for sixteen answers to overlap */
    WorkerAnswersContract(Path model, String quantization, int tokens) {
        this.model = model;
        this.quantization = quantization;
        this.tokens = tokens;
    }

    @BeforeAll
    void start() throws Exception {
        worker = WorkerProcess.startReady(settings().setFaults(true), "--worker=7");
    }

    @AfterAll
    void stop() throws Exception {
        if (worker != null) {
            try (WorkerProcess ending = worker) {
                ending.stop();
                assertThat(ending.awaitExit()).as(ending.log()).isZero();
                assertThat(ending.log()).isEmpty();
            }
        }
    }

    @Test
    void workerReportsItselfItsLoadingAndItsLimits() throws Exception {
        var hello = worker.hello.get();
        assertThat(hello.getProtocolVersion()).isEqualTo(Protocol.VERSION);
        assertThat(hello.getToken()).isEqualTo(WorkerProcess.TOKEN);
        assertThat(hello.getWorker()).isEqualTo(7);
        assertThat(hello.getPid()).isEqualTo(worker.process.pid());
        assertThat(worker.phases).contains("load").endsWith("context", "warm-up");
        var ready = worker.ready.get();
        assertThat(ready.getSlots()).isEqualTo(SLOTS);
        assertThat(ready.getContextLength()).isEqualTo(CONTEXT);
        assertThat(ready.getDevice()).startsWith("CPU (");
        assertThat(ready.getLlamaVersion()).startsWith("0.5.0");
        assertThat(ready.getThreads()).isEqualTo(1);
        assertThat(ready.getModelDescription()).contains(quantization);
        assertThat(ready.getModelBytes()).isPositive();
    }

    @Test
    void maxTokensEndsAnAnswer() throws Exception {
        Answer answer = worker.generate(Prompts.ask("Tell me a story.", 5));
        Finish finish = answer.awaitFinish();
        assertThat(finish.getReason()).isEqualTo(Finish.Reason.LENGTH);
        assertThat(finish.getCompletionTokens()).isEqualTo(5);
        assertThat(answer.tokens()).hasSize(5);
    }

    @Test
    void tinyTopPKeepsOnlyTheLikeliestToken() throws Exception {
        Answer greedy = worker.generate(Prompts.ask("Tell me a story.", 8));
        greedy.awaitFinish();
        for (int seed = 1; seed <= 3; seed++) {
            Generate.Builder request = Prompts.ask("Tell me a story.", 8);
            request.getSamplingBuilder().setTemperature(2).setTopP(1e-46).setSeed(seed);
            Answer answer = worker.generate(request);
            answer.awaitFinish();
            assertThat(answer.tokens()).as("seed %s", seed).isEqualTo(greedy.tokens());
        }
    }

    @Test
    void tinyRepetitionPenaltyRepeatsTokens() throws Exception {
        Generate.Builder small = Prompts.ask("Tell me a story.", 8);
        small.getSamplingBuilder().setRepetitionPenalty(1e-10);
        Generate.Builder tiny = Prompts.ask("Tell me a story.", 8);
        tiny.getSamplingBuilder().setRepetitionPenalty(1e-46);
        Answer smallAnswer = worker.generate(small);
        smallAnswer.awaitFinish();
        Answer tinyAnswer = worker.generate(tiny);
        tinyAnswer.awaitFinish();
        Answer plain = worker.generate(Prompts.ask("Tell me a story.", 8));
        plain.awaitFinish();
        assertThat(tinyAnswer.tokens()).isEqualTo(smallAnswer.tokens()).isNotEqualTo(plain.tokens());
    }

    @Test
    void endOfContextEndsAnAnswer() throws Exception {
        Answer answer = worker.generate(Prompts.raw("a ".repeat(CONTEXT - 6), 0));
        int prompt = answer.awaitAccepted();
        Finish finish = answer.awaitFinish();
        assertThat(finish.getReason()).isEqualTo(Finish.Reason.LENGTH);
        assertThat(prompt + finish.getCompletionTokens()).isEqualTo(CONTEXT);
    }

    @Test
    void sixteenTogetherGetTheSameAnswersAsAlone() throws Exception {
        List<Answer> alone = new ArrayList<>();
        for (String question : Prompts.QUESTIONS) {
            Answer answer = worker.generate(Prompts.ask(question, tokens));
            answer.awaitFinish();
            alone.add(answer);
        }
        List<Answer> together = new ArrayList<>();
        // no answer begins before all requests have arrived
        worker.hold(0);
        for (String question : Prompts.QUESTIONS) {
            together.add(worker.generate(Prompts.ask(question, tokens)));
        }
        for (Answer answer : together) {
            answer.awaitAccepted();
        }
        worker.release();
        for (int i = 0; i < together.size(); i++) {
            together.get(i).awaitFinish();
            assertThat(together.get(i).tokens()).isEqualTo(alone.get(i).tokens());
            assertThat(together.get(i).text()).isEqualTo(alone.get(i).text());
        }
        // on a slow machine the first may finish before the last prompt is computed
        assertThat(worker.steps.stream().mapToInt(Step::getDeltasCount).max().orElseThrow())
                .as("they ran at the same time")
                .isGreaterThanOrEqualTo(6);
    }

    @Test
    void answerContinuesExactlyAfterAnyReplay() throws Exception {
        int cases = 50;
        int length = 12;
        Random random = new Random(3);
        // half are greedy, half are sampled with a seed each
        List<Generate.Builder> requests = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            Generate.Builder request =
                    Prompts.ask(Prompts.QUESTIONS.get(i), length).addStop("\u0001never");
            requests.add(i % 2 == 0 ? request : Prompts.sampled(request, 1000 + i));
        }
        List<Answer> whole = runAll(requests);

        List<Generate.Builder> continuations = new ArrayList<>();
        List<Integer> replayed = new ArrayList<>();
        for (int i = 0; i < cases; i++) {
            int which = i % requests.size();
            int k = 1 + random.nextInt(length - 1);
            replayed.add(k);
            continuations.add(requests.get(which)
                    .clone()
                    .addAllReplay(whole.get(which).tokens().subList(0, k)));
        }
        List<Answer> continued = new ArrayList<>();
        for (int from = 0; from < cases; from += SLOTS) {
            continued.addAll(runAll(continuations.subList(from, Math.min(cases, from + SLOTS))));
        }
        for (int i = 0; i < cases; i++) {
            Answer expected = whole.get(i % requests.size());
            int k = replayed.get(i);
            assertThat(continued.get(i).tokens())
                    .as("case %d after %d tokens", i, k)
                    .isEqualTo(expected.tokens().subList(k, length));
            // text delivered before the replay is not sent again; text held back is sent now
            String before = String.join(
                    "",
                    expected.deltas().subList(0, k).stream().map(Delta::getText).toList());
            assertThat(before + continued.get(i).text()).isEqualTo(expected.text());
            assertThat(continued.get(i).awaitFinish().getCompletionTokens()).isEqualTo(length);
        }
    }

    @Test
    void answerContinuesAfterReplayInPrefill() throws Exception {
        int length = 24;
        Generate.Builder request =
                Prompts.ask(Prompts.QUESTIONS.getFirst(), length).setIgnoreEos(true);
        Answer whole = runAll(List.of(request)).getFirst();
        int prompt = whole.awaitFinish().getPromptTokens();
        for (int k = 1; k < length; k += 7) {
            Generate.Builder rest =
                    request.clone().addAllReplay(whole.tokens().subList(0, k)).setPrefillReplay(true);
            // no prefix of it in the slots
            tokensOf(Prompts.raw("Something quite different " + k, 1));
            stepsBefore = worker.steps.size();
            Answer continued = worker.generate(rest);
            Finish finish = continued.awaitFinish();
            assertThat(prefilledLast()).isBetween(k + 2, prompt + k);
            assertThat(continued.tokens()).hasSize(length - k);
            assertThat(finish.getPromptTokens()).isEqualTo(prompt);
            assertThat(finish.getCompletionTokens()).isEqualTo(length);
            assertThat(replayedStepByStep()).isZero();
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void stateCopyIsResumedByAnotherWorker() throws Exception {
        int length = 100;
        List<Generate.Builder> requests = List.of(
                Prompts.ask(Prompts.QUESTIONS.get(0), length),
                Prompts.sampled(Prompts.ask(Prompts.QUESTIONS.get(1), length), 7),
                Prompts.ask(Prompts.QUESTIONS.get(6), length).addStop("\u0001never"),
                underRules(Prompts.ask(Prompts.QUESTIONS.get(2), length)),
                underRules(Prompts.sampled(Prompts.ask(Prompts.QUESTIONS.get(9), length), 9)));
        List<Answer> whole = runAll(requests);
        List<Answer> lost = new ArrayList<>();
        try (HeldMemory held = killedAfter(60, requests, lost)) {
            goesOn(requests, whole, lost, held.path());
        }
    }

    /** Adds what a state copy does not contain and the next worker must rebuild. */
    private static Generate.Builder underRules(Generate.Builder request) {
        request.getSamplingBuilder().addBadWords("a fork").addBadWords("the");
        return request.setGrammar(Grammar.newBuilder()
                        .setGbnf("root ::= ([a-z]{1,7} \" \" [0-9]{2,4} \", \")+")
                        .setField("grammar"))
                .setLogprobs(1);
    }

    /** Runs them on another worker, kills it after some steps, and keeps its memory. */
    private HeldMemory killedAfter(int steps, List<Generate.Builder> requests, List<Answer> lost) throws Exception {
        try (WorkerProcess dies = keeping()) {
            HeldMemory held = HeldMemory.open(Path.of(dies.keeps.get(60, TimeUnit.SECONDS)));
            dies.hold(0);
            for (Generate.Builder request : requests) {
                lost.add(dies.generate(request.clone()));
            }
            for (Answer answer : lost) {
                answer.awaitAccepted();
            }
            // between two steps, so that it does not end while it copies a state
            dies.hold(steps);
            await().until(() -> dies.steps.stream()
                            .filter(step -> step.getDeltasCount() > 0)
                            .map(Step::getStep)
                            .distinct()
                            .count()
                    == steps);
            dies.process.destroyForcibly();
            dies.awaitExit();
            await().until(() -> lost.stream().allMatch(answer -> answer.finish.isDone()));
            return held;
        }
    }

    /** Checks that little is computed again. */
    private void goesOn(List<Generate.Builder> requests, List<Answer> whole, List<Answer> lost, String memory)
            throws Exception {
        stepsBefore = worker.steps.size();
        List<Answer> continued = new ArrayList<>();
        for (int i = 0; i < requests.size(); i++) {
            continued.add(worker.generate(requests.get(i)
                    .clone()
                    .addAllReplay(lost.get(i).tokens())
                    .setKept(Kept.newBuilder().setPath(memory).setRequest(lost.get(i).id))));
        }
        for (int i = 0; i < requests.size(); i++) {
            int k = lost.get(i).tokens().size();
            List<Integer> expected = whole.get(i).tokens();
            assertThat(k).isBetween(1, expected.size() - 1);
            continued.get(i).awaitFinish();
            assertThat(lost.get(i).tokens()).isEqualTo(expected.subList(0, k));
            assertThat(continued.get(i).tokens()).isEqualTo(expected.subList(k, expected.size()));
            assertThat(lost.get(i).text() + continued.get(i).text())
                    .isEqualTo(whole.get(i).text());
        }
        assertThat(prefilledLast()).as("the copies were used").isZero();
        assertThat(replayedStepByStep())
                .as("only tokens after the copies are replayed")
                .isLessThan(30);
    }

    private WorkerProcess keeping() throws Exception {
        return WorkerProcess.startReady(settings()
                .setFaults(true)
                .setStateCopies(WorkerSettings.StateCopies.newBuilder()
                        .setBytes(100_000_000)
                        .setShare(1)));
    }

    private WorkerSettings.Builder settings() {
        return WorkerProcess.settings(model, SLOTS, CONTEXT);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void stateCopyOfAnotherTextIsIgnored() throws Exception {
        Generate.Builder request = Prompts.ask(Prompts.QUESTIONS.get(2), 60);
        try (WorkerProcess other = keeping()) {
            String memory = other.keeps.get(60, TimeUnit.SECONDS);
            // its copy exists while it runs
            other.hold(45);
            Answer kept = other.generate(request.clone().setMaxTokens(CONTEXT - 60));
            await().until(() -> kept.tokens().size() > 40);
            Answer whole = worker.generate(request.clone());
            whole.awaitFinish();
            for (Generate.Builder wrong : List.of(
                    // further on than what has been delivered, of another prompt, of no request, no memory
                    request.clone()
                            .addAllReplay(whole.tokens().subList(0, 3))
                            .setKept(Kept.newBuilder().setPath(memory).setRequest(kept.id)),
                    request.clone().setKept(Kept.newBuilder().setPath(memory).setRequest(kept.id)),
                    request.clone()
                            .addAllReplay(whole.tokens().subList(0, 50))
                            .setKept(Kept.newBuilder().setPath(memory).setRequest(99)),
                    request.clone()
                            .addAllReplay(whole.tokens().subList(0, 50))
                            .setKept(
                                    Kept.newBuilder().setPath("/proc/self/fd/0").setRequest(1)))) {
                Answer answer = worker.generate(wrong);
                answer.awaitFinish();
                assertThat(answer.tokens()).isEqualTo(whole.tokens().subList(wrong.getReplayCount(), 60));
            }
            stepsBefore = worker.steps.size();
            Answer elsewhere = worker.generate(Prompts.ask(Prompts.QUESTIONS.get(3), 60)
                    .addAllReplay(whole.tokens())
                    .setMaxTokens(61)
                    .setKept(Kept.newBuilder().setPath(memory).setRequest(kept.id)));
            elsewhere.awaitFinish();
            assertThat(prefilledLast()).isPositive();
            for (String scope : List.of("another client", request.getPrefixScope())) {
                stepsBefore = worker.steps.size();
                // this worker's slot contains nothing of the prompt
                worker.generate(Prompts.ask("Something else.", 1)).awaitFinish();
                int before = prefilledLast();
                worker.generate(request.clone()
                                .setPrefixScope(scope)
                                .addAllReplay(whole.tokens())
                                .setMaxTokens(61)
                                .setKept(Kept.newBuilder().setPath(memory).setRequest(kept.id)))
                        .awaitFinish();
                assertThat(prefilledLast() > before).as(scope).isEqualTo(scope.equals("another client"));
            }
        }
    }

    @Test
    void seedDeterminesTheAnswer() throws Exception {
        List<Answer> answers = runAll(List.of(
                Prompts.sampled(Prompts.raw("The", 12), 1),
                Prompts.sampled(Prompts.raw("The", 12), 1),
                Prompts.sampled(Prompts.raw("The", 12), 2)));
        assertThat(answers.get(1).text()).isEqualTo(answers.get(0).text());
        assertThat(answers.get(2).text()).isNotEqualTo(answers.get(0).text());
    }

    @Test
    void reusedPrefixSkipsPrefillAndKeepsAnswers() throws Exception {
        String beginning = "A quern grinds grain between two stones. ".repeat(3);
        Generate.Builder asked = Prompts.raw(beginning + "Which stone turns?", 24);
        List<Integer> whole = tokensOf(asked);
        int wholePrompt = prefilledLast();
        // another prompt in the slot, then one that begins alike
        tokensOf(Prompts.raw("Something quite different, long enough to count for more than a grain or two.", 4));
        assertThat(tokensOf(asked)).isEqualTo(whole);
        assertThat(prefilledLast()).isEqualTo(wholePrompt);
        tokensOf(Prompts.raw(beginning + "Why?", 4));

        assertThat(tokensOf(asked)).isEqualTo(whole);
        assertThat(prefilledLast()).isBetween(2, wholePrompt / 2);
        assertThat(tokensOf(asked)).as("its own prompt").isEqualTo(whole);
        assertThat(prefilledLast()).isBetween(2, 9);
    }

    @Test
    void prefixOfAnotherScopeIsPrefilledAgain() throws Exception {
        Generate.Builder asked =
                Prompts.raw("A quern grinds grain between two stones. ".repeat(3) + "Which turns?", 24);
        List<Integer> whole = tokensOf(asked);
        int wholePrompt = prefilledLast();

        for (String scope : List.of("another client", "", "")) {
            assertThat(tokensOf(asked.clone().setPrefixScope(scope))).as(scope).isEqualTo(whole);
            assertThat(prefilledLast()).as(scope).isEqualTo(wholePrompt);
        }
        assertThat(tokensOf(asked)).isEqualTo(whole);
        assertThat(prefilledLast()).as("its own prompt was overwritten").isEqualTo(wholePrompt);
    }

    private List<Integer> tokensOf(Generate.Builder request) throws Exception {
        stepsBefore = worker.steps.size();
        Answer answer = worker.generate(request.clone());
        answer.awaitFinish();
        return answer.tokens();
    }

    /** Tokens that the last call of {@link #tokensOf} prefilled. */
    private int prefilledLast() {
        return worker.steps.stream()
                .skip(stepsBefore)
                .mapToInt(Step::getPrefilled)
                .sum();
    }

    /** Steps since then that neither prefilled nor brought a token. */
    private long replayedStepByStep() {
        long before = stepsBefore == 0 ? 0 : worker.steps.get(stepsBefore - 1).getStep();
        return worker.steps.stream()
                .skip(stepsBefore)
                // other frames are only heartbeats
                .filter(step -> step.getStep() > before && step.getMicros() > 0)
                .filter(step -> step.getPrefilled() == 0 && step.getDeltasCount() == 0)
                .count();
    }

    @Test
    void stopStringOverSeveralTokensIsNotSent() throws Exception {
        Answer whole = worker.generate(Prompts.ask("Tell me a story about a fox.", 24));
        whole.awaitFinish();
        int middle = whole.text().length() / 2;
        // from inside a word to inside another
        String stop = whole.text().substring(middle, middle + 12);
        Answer stopped = worker.generate(Prompts.ask("Tell me a story about a fox.", 24)
                .addStop("never comes")
                .addStop(stop));
        Finish finish = stopped.awaitFinish();
        assertThat(finish.getReason()).isEqualTo(Finish.Reason.STOP);
        assertThat(finish.getStop()).isEqualTo(stop);
        assertThat(stopped.text())
                .isEqualTo(whole.text().substring(0, whole.text().indexOf(stop)));
        assertThat(stopped.tokens().size()).isLessThan(24);
    }

    @Test
    void tokensOfATextAreThoseOfItsPrompt() throws Exception {
        String text = "<|im_start|>user\n  Grüße, 東京 😀!\n\n\t2+2=4<|im_end|>\n";
        VocabularyAnswer tokens = worker.ask(VocabularyQuestion.newBuilder()
                .setTokenize(
                        VocabularyQuestion.Tokenize.newBuilder().setText(text).setNames(true)));
        assertThat(tokens.getRefusal()).isEmpty();
        assertThat(tokens.getNamesMap())
                .containsEntry(tokens.getTokens(0), "<|im_start|>")
                .containsValue("<|im_end|>")
                .hasSize((int) tokens.getTokensList().stream().distinct().count());
        assertThat(worker.ask(detokenize(tokens.getTokensList())).getText().toStringUtf8())
                .isEqualTo(text);
        Answer prompt = worker.generate(Prompts.raw(text, 1).setAddSpecial(false));
        assertThat(prompt.awaitAccepted()).isEqualTo(tokens.getTokensCount());
        prompt.awaitFinish();
    }

    @Test
    void hostileTextsAreTokenisedInTime() throws Exception {
        for (String piece : List.of("a", " ", "\n", "7", "'", "😀", "é", "\0", "ab ", "<|im_end|>", "\u0301", "!?")) {
            VocabularyAnswer tokens = worker.ask(tokenize(piece.repeat(300_000 / piece.length())));
            assertThat(tokens.getRefusal()).as(piece).isEmpty();
            assertThat(tokens.getTokensCount()).as(piece).isPositive();
        }
    }

    @Test
    void unknownTokensAreRefusedAndPartsOfCharactersReplaced() throws Exception {
        assertThat(worker.ask(detokenize(List.of(1, Integer.MAX_VALUE))).getRefusal())
                .startsWith("tokens[1] must be a token of the model, 0 to ");
        assertThat(worker.ask(detokenize(List.of(-1))).getRefusal()).startsWith("tokens[0] ");
        List<Integer> emoji = worker.ask(tokenize("\ud83e\udd8a")).getTokensList();
        assertThat(emoji).hasSizeGreaterThan(1);
        assertThat(worker.ask(detokenize(emoji.subList(0, 1))).getText().isValidUtf8())
                .isFalse();
        assertThat(worker.ask(detokenize(List.of())).getText().isEmpty()).isTrue();
        assertThat(worker.ask(tokenize("")).getTokensCount()).isLessThan(2);
    }

    private static VocabularyQuestion.Builder tokenize(String text) {
        return VocabularyQuestion.newBuilder()
                .setTokenize(VocabularyQuestion.Tokenize.newBuilder().setText(text));
    }

    private static VocabularyQuestion.Builder detokenize(List<Integer> tokens) {
        return VocabularyQuestion.newBuilder()
                .setDetokenize(VocabularyQuestion.Detokenize.newBuilder().addAllTokens(tokens));
    }

    @Test
    void oddPromptsHarmNothing() throws Exception {
        assertThat(worker.generate(Prompts.raw("", 5)).awaitRejected().getReason())
                .isEqualTo(Rejected.Reason.INVALID);
        assertThat(worker.generate(Prompts.ask("Hi!", 5).addReplay(1 << 30))
                        .awaitRejected()
                        .getReason())
                .isEqualTo(Rejected.Reason.INVALID);
        for (String odd : List.of("a\0b", "half \uD83D of an emoji", "x", "\u202E\uFEFF")) {
            Answer answer = worker.generate(Prompts.raw(odd, 2));
            assertThat(answer.awaitFinish().getReason()).isEqualTo(Finish.Reason.LENGTH);
        }
    }

    List<Answer> runAll(List<Generate.Builder> requests) throws Exception {
        List<Answer> answers = new ArrayList<>();
        for (Generate.Builder request : requests) {
            answers.add(worker.generate(request));
        }
        for (Answer answer : answers) {
            assertThat(answer.awaitFinish().getReason()).isNotEqualTo(Finish.Reason.ERROR);
        }
        return answers;
    }
}
