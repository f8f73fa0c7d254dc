package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.TestModels;
import io.quern.wire.Delta;
import io.quern.wire.Finish;
import io.quern.wire.Generate;
import io.quern.wire.Protocol;
import io.quern.wire.Rejected;
import io.quern.wire.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The real worker with the real model: what its answers are like. */
class WorkerAnswersTest {
    private static final int SLOTS = 16;
    private static final int CONTEXT = 256;
    private static final int TOKENS = 20;

    private static WorkerProcess worker;

    @BeforeAll
    static void start() throws Exception {
        worker = WorkerProcess.startReady(
                TestModels.smolLm2(), "--worker=7", "--slots=" + SLOTS, "--context-length=" + CONTEXT);
    }

    @AfterAll
    static void stop() throws Exception {
        if (worker != null) {
            try (WorkerProcess ending = worker) {
                ending.stop();
                assertThat(ending.awaitExit()).as(ending.log()).isZero();
                assertThat(ending.log()).isEmpty();
            }
        }
    }

    @Test
    void it_says_who_it_is_how_loading_goes_and_what_it_can_do() throws Exception {
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
        assertThat(ready.getModelDescription()).contains("Q4_1");
        assertThat(ready.getModelBytes()).isPositive();
    }

    @Test
    void a_question_is_answered_until_the_model_is_done() throws Exception {
        Answer answer = worker.generate(
                Prompts.ask("What is the capital of France?", 64).setIgnoreEos(false));
        Finish finish = answer.awaitFinish();
        assertThat(answer.text()).contains("Paris").doesNotContain("<|im_end|>");
        assertThat(finish.getReason()).isEqualTo(Finish.Reason.STOP);
        assertThat(finish.getPromptTokens()).isEqualTo(answer.awaitAccepted());
        assertThat(finish.getCompletionTokens()).isEqualTo(answer.tokens().size());
    }

    @Test
    void max_tokens_ends_an_answer() throws Exception {
        Answer answer = worker.generate(Prompts.ask("Tell me a story.", 5));
        Finish finish = answer.awaitFinish();
        assertThat(finish.getReason()).isEqualTo(Finish.Reason.LENGTH);
        assertThat(finish.getCompletionTokens()).isEqualTo(5);
        assertThat(answer.tokens()).hasSize(5);
    }

    @Test
    void the_end_of_the_context_ends_an_answer() throws Exception {
        Answer answer = worker.generate(Prompts.raw("word ".repeat(CONTEXT - 6), 0));
        int prompt = answer.awaitAccepted();
        Finish finish = answer.awaitFinish();
        assertThat(finish.getReason()).isEqualTo(Finish.Reason.LENGTH);
        assertThat(prompt + finish.getCompletionTokens()).isEqualTo(CONTEXT);
    }

    @Test
    void sixteen_at_once_get_the_same_greedy_answers_as_each_alone() throws Exception {
        List<Answer> alone = new ArrayList<>();
        for (String question : Prompts.QUESTIONS) {
            Answer answer = worker.generate(Prompts.ask(question, TOKENS));
            answer.awaitFinish();
            alone.add(answer);
        }
        List<Answer> together = new ArrayList<>();
        for (String question : Prompts.QUESTIONS) {
            together.add(worker.generate(Prompts.ask(question, TOKENS)));
        }
        for (int i = 0; i < together.size(); i++) {
            together.get(i).awaitFinish();
            assertThat(together.get(i).tokens()).isEqualTo(alone.get(i).tokens());
            assertThat(together.get(i).text()).isEqualTo(alone.get(i).text());
        }
        // on a busy machine the first are done before the last prompt is in
        assertThat(worker.steps.stream().mapToInt(Step::getDeltasCount).max().orElseThrow())
                .as("they really were together")
                .isGreaterThanOrEqualTo(6);
    }

    @Test
    void after_a_replay_of_any_length_an_answer_goes_on_as_if_nothing_had_happened() throws Exception {
        int cases = 50;
        int length = 12;
        Random random = new Random(3);
        // half of them greedy, half sampled, each sampled one with a seed of its own
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
            // text that was complete before the replay is not sent again, text that was held back comes now
            String before = String.join(
                    "",
                    expected.deltas().subList(0, k).stream().map(Delta::getText).toList());
            assertThat(before + continued.get(i).text()).isEqualTo(expected.text());
            assertThat(continued.get(i).awaitFinish().getCompletionTokens()).isEqualTo(length);
        }
    }

    @Test
    void another_seed_gives_another_answer_and_the_same_seed_the_same() throws Exception {
        List<Answer> answers = runAll(List.of(
                Prompts.sampled(Prompts.ask("Tell me a story.", 12), 1),
                Prompts.sampled(Prompts.ask("Tell me a story.", 12), 1),
                Prompts.sampled(Prompts.ask("Tell me a story.", 12), 2)));
        assertThat(answers.get(1).text()).isEqualTo(answers.get(0).text());
        assertThat(answers.get(2).text()).isNotEqualTo(answers.get(0).text());
    }

    @Test
    void penalties_make_an_answer_repeat_itself_less() throws Exception {
        Generate.Builder plain = Prompts.raw("one two one two one two one two one", 12);
        Generate.Builder repetition = plain.clone();
        repetition.getSamplingBuilder().setRepetitionPenalty(1.8f);
        Generate.Builder frequency = plain.clone();
        frequency.getSamplingBuilder().setFrequencyPenalty(2);
        List<Answer> answers = runAll(List.of(plain, repetition, frequency));
        long repeating = answers.get(0).tokens().stream().distinct().count();
        assertThat(answers.get(1).tokens().stream().distinct().count()).isGreaterThan(repeating);
        assertThat(answers.get(2).tokens().stream().distinct().count()).isGreaterThan(repeating);
        // the one counts the prompt's tokens too, the other the answer's alone: its first token is the plain one's
        assertThat(answers.get(1).tokens().getFirst())
                .isNotEqualTo(answers.get(0).tokens().getFirst());
        assertThat(answers.get(2).tokens().getFirst())
                .isEqualTo(answers.get(0).tokens().getFirst());
    }

    @Test
    void a_stop_string_over_several_tokens_ends_the_answer_and_no_part_of_it_is_sent() throws Exception {
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
    void characters_of_several_tokens_come_whole() throws Exception {
        Answer answer = worker.generate(Prompts.raw("漢字😀🎉漢字😀🎉漢字😀🎉漢字😀🎉", 24));
        answer.awaitFinish();
        assertThat(answer.text()).contains("🎉");
        assertThat(answer.deltas())
                .as("some token was part of a character")
                .anyMatch(d -> d.getText().isEmpty() && !d.hasFinish());
        assertThat(answer.deltas()).filteredOn(d -> !d.hasFinish()).allSatisfy(d -> assertThat(d.getText())
                .doesNotContain("\uFFFD"));
    }

    @Test
    void a_prompt_that_does_not_fit_is_refused_with_the_numbers() throws Exception {
        Rejected refused = worker.generate(Prompts.raw("word ".repeat(300), 5)).awaitRejected();
        assertThat(refused.getReason()).isEqualTo(Rejected.Reason.CONTEXT_LENGTH);
        assertThat(refused.getPromptTokens()).isBetween(300, 302);
        assertThat(refused.getMessage()).contains("maximum context length is 256 tokens");

        refused = worker.generate(Prompts.ask("Hi!", 250)).awaitRejected();
        assertThat(refused.getMessage()).contains("250 in the completion");
    }

    @Test
    void odd_prompts_are_refused_or_answered_but_harm_nothing() throws Exception {
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

    private static List<Answer> runAll(List<Generate.Builder> requests) throws Exception {
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
