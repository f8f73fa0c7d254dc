package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.quern.StartsProcesses;
import io.quern.llama.Batch;
import io.quern.llama.ContextSettings;
import io.quern.llama.LlamaContext;
import io.quern.llama.LlamaModel;
import io.quern.llama.TestNatives;
import io.quern.llama.Vocabulary;
import io.quern.wire.Delta;
import io.quern.wire.Finish;
import io.quern.wire.Generate;
import io.quern.wire.Grammar;
import io.quern.wire.Logprob;
import io.quern.wire.Rejected;
import io.quern.wire.Sampling;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Tests grammars, log probabilities and the rules for tokens, on the real worker and on any model. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@StartsProcesses
abstract class WorkerSamplingContract {
    private static final int SLOTS = 8;
    private static final int CONTEXT = 256;
    private static final ContextSettings REFERENCE = new ContextSettings(1, CONTEXT, CONTEXT, 1, true);
    private static final String JSON = """
        root ::= "{" ws "\\"name\\":" ws string "," ws "\\"sizes\\":" ws "[" ws number ("," ws number){0,4} "]" ws "}"
        string ::= "\\"" [a-zA-Z ]{1,12} "\\""
        number ::= [1-9] [0-9]{0,3}
        ws ::= " "?
        """;

    private static final String JSON_TEXT = "\\{ ?\"name\": ?\"[a-zA-Z ]{1,12}\", ?\"sizes\": ?\\[ ?[0-9, ]+] ?}";

    private final Path file;
    private final int tokens;
    private WorkerProcess worker;
    private LlamaModel model;
    private Vocabulary vocabulary;

    /** @param tokens length of the answers that are broken at many places */
    WorkerSamplingContract(Path file, int tokens) {
        this.file = file;
        this.tokens = tokens;
    }

    @BeforeAll
    void start() throws Exception {
        worker = WorkerProcess.startReady(
                WorkerProcess.settings(file, SLOTS, CONTEXT).setFaults(true));
        model = TestNatives.load(file);
        vocabulary = model.vocabulary();
    }

    @AfterAll
    void stop() throws Exception {
        if (worker != null) {
            worker.close();
        }
        if (model != null) {
            model.close();
        }
    }

    @Test
    void logprobsEqualLogSoftmaxOfTheLibrary() throws Exception {
        for (Generate.Builder request : List.of(
                ask(12).setLogprobs(5),
                // the probabilities are those of the model, whatever changes the choice
                biased(Prompts.sampled(ask(12), 3).setLogprobs(20), token(" the"), 4))) {
            Answer answer = run(request);
            List<Logprob> logprobs = answer.logprobs();
            assertThat(logprobs).extracting(Logprob::getToken).isEqualTo(answer.tokens());
            List<float[]> reference = logits(tokens(request.getPrompt()), answer.tokens());
            for (int i = 0; i < logprobs.size(); i++) {
                assertEqual(logprobs.get(i), reference.get(i), request.getLogprobs());
            }
        }
    }

    @Test
    void promptLogprobsEqualLogSoftmaxOfTheLibrary() throws Exception {
        Generate.Builder plain = ask(4);
        Answer unscored = run(plain.clone());
        Generate.Builder request = plain.clone().setPromptLogprobs(2).setLogprobs(0);
        Answer answer = run(request);
        int[] prompt = tokens(request.getPrompt());
        List<Logprob> logprobs = answer.deltas().stream()
                .flatMap(delta -> delta.getPromptLogprobsList().stream())
                .toList();
        assertThat(logprobs)
                .extracting(Logprob::getToken)
                .containsExactlyElementsOf(Arrays.stream(prompt).boxed().toList());
        assertThat(logprobs.getFirst().getLogprob()).isNaN();
        List<float[]> reference = promptLogits(prompt);
        for (int i = 1; i < logprobs.size(); i++) {
            assertEqual(logprobs.get(i), reference.get(i - 1), 2);
        }
        assertThat(answer.tokens()).isEqualTo(unscored.tokens());
        assertThat(answer.deltas().stream().filter(delta -> delta.getTokensCount() > 0))
                .allSatisfy(delta -> assertThat(delta.getPromptLogprobsList()).isEmpty());
    }

    @Test
    void promptOfTokensEqualsItsText() throws Exception {
        Answer text = run(ask(8));
        Generate.Builder request = ask(8).clearPrompt();
        Arrays.stream(tokens(ask(8).getPrompt())).forEach(request::addPromptTokens);
        assertThat(run(request).tokens()).isEqualTo(text.tokens());
        Rejected refused =
                worker.generate(request.addPromptTokens(vocabulary.size())).awaitRejected();
        assertThat(refused.getReason()).isEqualTo(Rejected.Reason.INVALID);
        assertThat(refused.getField()).isEqualTo("prompt[" + (request.getPromptTokensCount() - 1) + "]");
    }

    @Test
    void unknownTokensAreRefusedByName() throws Exception {
        int unknown = vocabulary.size();
        Rejected bias = worker.generate(biased(ask(3), unknown, 1)).awaitRejected();
        assertThat(bias.getField()).isEqualTo("logit_bias." + unknown);
        assertThat(bias.getMessage()).contains("token " + unknown, "0 to " + (unknown - 1));
        Rejected stop =
                worker.generate(ask(3).addStopTokens(1).addStopTokens(unknown)).awaitRejected();
        assertThat(stop.getField()).isEqualTo("stop_token_ids[1]");
    }

    @Test
    void biasForcesAndForbidsTokens() throws Exception {
        int forced = token(" the");
        assertThat(run(biased(ask(5), forced, 100)).tokens()).containsOnly(forced);
        int likely = run(ask(1)).tokens().getFirst();
        assertThat(run(biased(ask(5), likely, -100)).tokens()).doesNotContain(likely);
    }

    @Test
    void minTokensDelaysEveryEnd() throws Exception {
        int end = vocabulary.endsOfGeneration()[0];
        Generate.Builder ends = biased(ask(20).setIgnoreEos(false), end, 100);
        assertThat(run(ends.clone()).tokens()).containsExactly(end);
        Answer later = run(ends.clone().setMinTokens(6));
        assertThat(later.tokens()).hasSize(7).endsWith(end);
        assertThat(later.awaitFinish().getReason()).isEqualTo(Finish.Reason.STOP);
        assertThat(later.awaitFinish().hasStopToken()).isFalse();

        int stop = token(" the");
        Generate.Builder stops = biased(ask(20), stop, 100).addStopTokens(stop);
        Answer first = run(stops.clone());
        assertThat(first.tokens()).containsExactly(stop);
        assertThat(first.text()).isEmpty();
        assertThat(first.awaitFinish().getStopToken()).isEqualTo(stop);
        assertThat(run(stops.clone().setIncludeStop(true)).text()).isEqualTo(" the");
        assertThat(run(stops.clone().setMinTokens(4)).tokens()).hasSize(5).endsWith(stop);

        Generate.Builder word = biased(ask(20), stop, 100).addStop(" the");
        assertThat(run(word.clone()).text()).isEmpty();
        assertThat(run(word.clone().setIncludeStop(true)).text()).isEqualTo(" the");
        assertThat(run(word.clone().setMinTokens(4)).text()).isEqualTo(" the".repeat(4));
    }

    @Test
    void badWordsDoNotAppear() throws Exception {
        List<Integer> plain = run(ask(40)).tokens();
        for (int length = 1; length <= 3; length++) {
            String bad = text(plain.subList(2, 2 + length)).strip();
            Generate.Builder request = ask(40);
            request.getSamplingBuilder().addBadWords(bad);
            List<Integer> tokens = run(request).tokens();
            for (String variant : List.of(bad, " " + bad)) {
                List<Integer> sequence = Arrays.stream(tokens(variant)).boxed().toList();
                assertThat(Collections.indexOfSubList(tokens, sequence))
                        .as(variant)
                        .isEqualTo(-1);
            }
        }
        Generate.Builder request = ask(40);
        request.getSamplingBuilder().addBadWords(text(plain.subList(2, 3)));
        assertThat(run(request).tokens()).isNotEqualTo(plain);
    }

    @Test
    void specialTokensAreShownOnRequest() throws Exception {
        int control = tokens("<|im_start|>")[0];
        Generate.Builder request = biased(ask(3), control, 100);
        assertThat(run(request.clone()).text()).isEmpty();
        assertThat(run(request.clone().setSpecialTokens(true)).text()).isEqualTo("<|im_start|>".repeat(3));
    }

    @Test
    void grammarIsObeyed() throws Exception {
        for (Generate.Builder request : List.of(grammar(ask(200), JSON), grammar(Prompts.sampled(ask(200), 5), JSON))) {
            Answer answer = run(request.setIgnoreEos(false));
            assertThat(answer.awaitFinish().getReason()).as(answer.text()).isEqualTo(Finish.Reason.STOP);
            assertThat(answer.text()).matches(JSON_TEXT);
        }
    }

    @Test
    void completeGrammarEndsTheAnswer() throws Exception {
        Generate.Builder request = grammar(ask(50).setIgnoreEos(false), "root ::= \"yes\" | \"no\"");
        Answer answer = run(request.clone());
        assertThat(answer.text()).isIn("yes", "no");
        assertThat(answer.awaitFinish().getReason()).isEqualTo(Finish.Reason.STOP);
        // the grammar counts more than a minimum that it cannot reach
        assertThat(run(request.clone().setMinTokens(20)).awaitFinish().getReason())
                .isEqualTo(Finish.Reason.STOP);
    }

    @Test
    void grammarWithoutContinuationFailsTheRequest() throws Exception {
        Answer answer = worker.generate(grammar(ask(50), "root ::= \"a\" [z-a]"));
        Finish finish = answer.awaitFinish();
        assertThat(finish.getReason()).isEqualTo(Finish.Reason.ERROR);
        assertThat(finish.getField()).isEqualTo("guided_grammar");
        assertThat(finish.getMessage()).contains("guided_grammar", "allows no token");
        run(ask(2));
    }

    @Test
    void grammarThatTakesTooLongFailsTheRequest() throws Exception {
        Generate.Builder request = grammar(ask(5), "root ::= [a-z]+");
        // no time at all, so that the test does not depend on the machine
        request.getGrammarBuilder().setTokenMillis(0);
        Answer answer = worker.generate(request);
        Finish finish = answer.awaitFinish();
        assertThat(finish.getReason()).isEqualTo(Finish.Reason.ERROR);
        assertThat(finish.getField()).isEqualTo("guided_grammar");
        assertThat(finish.getMessage()).contains("guided_grammar takes too long", "quern.grammar.token-timeout");
    }

    @Test
    void unusableGrammarIsRefused() throws Exception {
        for (String broken : List.of("root ::= (", "root ::= root \"a\"", "other ::= \"a\"", "", "# nothing")) {
            Rejected refused = worker.generate(grammar(ask(5), broken)).awaitRejected();
            assertThat(refused.getReason()).isEqualTo(Rejected.Reason.INVALID);
            assertThat(refused.getField()).isEqualTo("guided_grammar");
        }
        Rejected recursive =
                worker.generate(grammar(ask(5), "root ::= root \"a\"")).awaitRejected();
        assertThat(recursive.getMessage()).contains("left recursion");
        run(ask(2));
    }

    @Test
    void replayThatTheGrammarRejectsFailsTheRequest() throws Exception {
        for (boolean prefill : new boolean[] {false, true}) {
            Answer answer = worker.generate(
                    grammar(ask(5), "root ::= \"yes\"").addReplay(token(" the")).setPrefillReplay(prefill));
            Finish finish = answer.awaitFinish();
            assertThat(finish.getReason()).isEqualTo(Finish.Reason.ERROR);
            assertThat(finish.getGrammarRejects()).isTrue();
        }
        run(ask(2));
    }

    @Test
    void grammarAppliesAfterATrigger() throws Exception {
        Generate.Builder request = grammar(ask(30).setIgnoreEos(false), "root ::= \"(\" [a-z]{3} \")\"");
        request.getGrammarBuilder().addTriggers(" the");
        Answer free = run(biased(request.clone(), token(" the"), -100));
        assertThat(free.tokens())
                .isEqualTo(run(biased(ask(30).setIgnoreEos(false), token(" the"), -100))
                        .tokens());
        assertThat(run(biased(request.clone(), token(" the"), 100)).text()).matches(" the\\([a-z]{3}\\)");
    }

    @Test
    void everyAnswerContinuesExactlyAfterAReplay() throws Exception {
        List<Generate.Builder> requests = new ArrayList<>();
        for (long seed = 0; seed < 2; seed++) {
            for (Generate.Builder feature : features(tokens)) {
                requests.add(seed == 0 ? feature : Prompts.sampled(feature, 100 + seed));
            }
        }
        for (Generate.Builder request : requests) {
            Answer whole = run(request.clone());
            List<Answer> continued = new ArrayList<>();
            List<Integer> breaks = new ArrayList<>();
            for (int k = 1; k < whole.tokens().size(); k += 3) {
                breaks.add(k);
            }
            for (int k : breaks) {
                continued.add(worker.generate(
                        request.clone().addAllReplay(whole.tokens().subList(0, k))));
                if (continued.size() % SLOTS == 0) {
                    for (Answer answer : continued) {
                        answer.awaitFinish();
                    }
                }
            }
            for (int i = 0; i < breaks.size(); i++) {
                assertContinues(request, whole, breaks.get(i), continued.get(i));
            }
        }
    }

    @Test
    void grammarHoldsAfterAReplayInPrefill() throws Exception {
        Generate.Builder request = grammar(Prompts.sampled(ask(100).setIgnoreEos(false), 8), JSON);
        List<Integer> whole = run(request.clone()).tokens();
        for (int k = 1; k < whole.size() - 1; k += 5) {
            List<Integer> before = whole.subList(0, k);
            Answer rest = run(request.clone().addAllReplay(before).setPrefillReplay(true));
            assertThat(text(before) + rest.text()).matches(JSON_TEXT);
        }
    }

    /** Returns the end of an answer without the number of tokens that its slot had computed before. */
    private static Finish end(Answer answer) throws Exception {
        return answer.awaitFinish().toBuilder().clearCachedTokens().build();
    }

    private static void assertContinues(Generate.Builder request, Answer whole, int k, Answer rest) throws Exception {
        String what = "after " + k + " tokens of " + request;
        assertThat(end(rest)).as(what).isEqualTo(end(whole));
        assertThat(rest.tokens())
                .as(what)
                .isEqualTo(whole.tokens().subList(k, whole.tokens().size()));
        List<Logprob> logprobs = whole.logprobs();
        assertThat(rest.logprobs()).as(what).isEqualTo(logprobs.subList(Math.min(k, logprobs.size()), logprobs.size()));
        String before = String.join(
                "", whole.deltas().stream().limit(k).map(Delta::getText).toList());
        assertThat(before + rest.text()).as(what).isEqualTo(whole.text());
    }

    private List<Generate.Builder> features(int length) {
        Generate.Builder badWords = ask(length);
        badWords.getSamplingBuilder().addBadWords("the").addBadWords("a fork server");
        Generate.Builder typical = ask(length);
        typical.getSamplingBuilder().setTypicalP(0.5);
        Generate.Builder lazy = grammar(ask(length), JSON);
        lazy.getGrammarBuilder().addTriggers(" a").addTriggers(" is ");
        int end = vocabulary.endsOfGeneration()[0];
        return List.of(
                grammar(ask(length), JSON).setLogprobs(2),
                grammar(ask(length).setIgnoreEos(false), JSON),
                lazy,
                ask(length).setLogprobs(3),
                biased(ask(length), token(" the"), 3),
                biased(ask(length).setIgnoreEos(false), end, 100)
                        .setMinTokens(9)
                        .setLogprobs(1),
                ask(length).setMinTokens(7).addStop(" the").addStop("e").setIncludeStop(true),
                badWords,
                typical,
                ask(length).setSpecialTokens(true));
    }

    private static void assertEqual(Logprob logprob, float[] logits, int top) {
        Offset<Double> tolerance = within(1e-4);
        double[] expected = logSoftmax(logits);
        assertThat((double) logprob.getLogprob()).isCloseTo(expected[logprob.getToken()], tolerance);
        assertThat(logprob.getRank())
                .isEqualTo(1
                        + IntStream.range(0, logits.length)
                                .filter(token -> logits[token] > logits[logprob.getToken()])
                                .count());
        List<Integer> likely = IntStream.range(0, logits.length)
                .boxed()
                .sorted(Comparator.comparing((Integer token) -> -logits[token]))
                .limit(top)
                .toList();
        assertThat(logprob.getTopCount()).isEqualTo(top);
        for (int i = 0; i < top; i++) {
            Logprob one = logprob.getTop(i);
            assertThat((double) one.getLogprob()).isCloseTo(expected[one.getToken()], tolerance);
            assertThat((double) one.getLogprob()).isCloseTo(expected[likely.get(i)], tolerance);
        }
    }

    private static double[] logSoftmax(float[] logits) {
        double max = Double.NEGATIVE_INFINITY;
        for (float logit : logits) {
            max = Math.max(max, logit);
        }
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - max);
        }
        double normaliser = max + Math.log(sum);
        return IntStream.range(0, logits.length)
                .mapToDouble(token -> logits[token] - normaliser)
                .toArray();
    }

    /** Computes the logits from which each token of an answer was chosen, with the library alone. */
    private List<float[]> logits(int[] prompt, List<Integer> answer) {
        try (LlamaContext context = LlamaContext.create(model, REFERENCE);
                Batch batch = new Batch(CONTEXT)) {
            List<float[]> logits = new ArrayList<>();
            int output = 0;
            for (int position = 0; position < prompt.length; position++) {
                output = batch.add(prompt[position], position, 0, position == prompt.length - 1);
            }
            for (int i = 0; i < answer.size(); i++) {
                context.decode(batch);
                logits.add(context.logits(output));
                batch.clear();
                output = batch.add(answer.get(i), prompt.length + i, 0, true);
            }
            return logits;
        }
    }

    /** Computes the logits after each token of a prompt, eight or nine at a time, because results depend on that. */
    private List<float[]> promptLogits(int[] prompt) {
        try (LlamaContext context = LlamaContext.create(model, REFERENCE);
                Batch batch = new Batch(CONTEXT)) {
            List<float[]> logits = new ArrayList<>();
            for (int from = 0, to; from < prompt.length; from = to) {
                to = prompt.length - from <= ContextSettings.MAX_SCORED ? prompt.length : from + 8;
                batch.clear();
                for (int position = from; position < to; position++) {
                    batch.add(prompt[position], position, 0, true);
                }
                context.decode(batch);
                for (int i = 0; i < to - from; i++) {
                    logits.add(context.logits(i));
                }
            }
            return logits;
        }
    }

    private Answer run(Generate.Builder request) throws Exception {
        Answer answer = worker.generate(request);
        assertThat(answer.awaitFinish().getReason())
                .as(answer.finish.get().getMessage())
                .isIn(Finish.Reason.STOP, Finish.Reason.LENGTH);
        return answer;
    }

    private static Generate.Builder ask(int maxTokens) {
        return Prompts.ask("What is a fork server?", maxTokens);
    }

    private static Generate.Builder biased(Generate.Builder request, int token, double bias) {
        request.getSamplingBuilder()
                .addLogitBias(Sampling.LogitBias.newBuilder().setToken(token).setBias(bias));
        return request;
    }

    private static Generate.Builder grammar(Generate.Builder request, String gbnf) {
        return request.setGrammar(Grammar.newBuilder().setGbnf(gbnf).setField("guided_grammar"));
    }

    private int token(String text) {
        int[] tokens = tokens(text);
        assertThat(tokens).as(text).hasSize(1);
        return tokens[0];
    }

    private int[] tokens(String text) {
        return vocabulary.tokenize(text.getBytes(StandardCharsets.UTF_8), false);
    }

    private String text(List<Integer> tokens) {
        StringBuilder text = new StringBuilder();
        tokens.forEach(token -> text.append(new String(vocabulary.bytes(token), StandardCharsets.UTF_8)));
        return text.toString();
    }
}
