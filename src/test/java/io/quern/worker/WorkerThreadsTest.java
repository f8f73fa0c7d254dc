package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.quern.StartsProcesses;
import io.quern.TestModels;
import io.quern.llama.Requantised;
import io.quern.model.TinyModel;
import io.quern.wire.Cores;
import io.quern.wire.EngineFrame;
import io.quern.wire.Generate;
import io.quern.wire.Logprob;
import io.quern.wire.Step;
import io.quern.wire.WorkerSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Tests the real worker while the engine changes the number of its threads, and while it divides its steps. Neither may
 * change a single bit, so log probabilities are compared.
 */
@StartsProcesses
class WorkerThreadsTest {
    private static final int SLOTS = 4;
    private static final int CONTEXT = 1024;
    private static final int MOST = 3;

    /** From 512 cells on, llama.cpp would divide the cache of a single sequence among the threads. */
    private static final int LONG = 640;

    /** Tokens that every vocabulary has. */
    private static final int VOCABULARY = 200;

    static Stream<Path> models() {
        return Stream.concat(
                Stream.of(TestModels.demo(), Requantised.F16.file()),
                Stream.of(TinyModel.GEMMA3, TinyModel.LFM2).map(TinyModel::file));
    }

    @ParameterizedTest
    @MethodSource("models")
    @EnabledOnOs(architectures = {"amd64", "x86_64"})
    void changingThreadsChangesNoLogprob(Path model) throws Exception {
        // F16 needs batches of one shape
        boolean divides = !model.equals(Requantised.F16.file());
        List<List<Logprob>> steady = alone(settings(model, 1, true, false));
        try (WorkerProcess worker = WorkerProcess.startReady(settings(model, MOST, true, divides))) {
            Random random = new Random(7);
            List<List<Logprob>> changing = new ArrayList<>();
            for (Generate.Builder request : requests()) {
                changing.add(finish(worker, random, worker.generate(request)).getFirst());
            }
            assertThat(changing).isEqualTo(steady);
            if (divides) {
                List<Answer> together = new ArrayList<>();
                for (Generate.Builder request : requests()) {
                    together.add(worker.generate(request));
                }
                assertThat(finish(worker, random, together.toArray(Answer[]::new)))
                        .isEqualTo(steady);
            }
            assertThat(worker.steps.stream().mapToInt(Step::getThreads).distinct())
                    .contains(1, 2);
        }
    }

    /** Shows that the test above would notice a difference. */
    @Test
    void severalThreadsWithF16KeysChangeLogprobs() throws Exception {
        assertThat(alone(settings(TestModels.demo(), 2, 2, false, false)))
                .isNotEqualTo(alone(settings(TestModels.demo(), 1, 1, false, false)));
    }

    @Test
    void engineWithoutWordsLeavesThreadsAsTheyAre() throws Exception {
        try (WorkerProcess worker = WorkerProcess.startReady(settings(TestModels.demo(), MOST, true, true))) {
            worker.generate(Prompts.ask("Hi!", 20)).awaitFinish();
            allow(worker, MOST + 1);
            worker.generate(Prompts.ask("Hi!", 60)).awaitFinish();
            assertThat(worker.steps.stream().limit(20).mapToInt(Step::getThreads))
                    .containsOnly(1);
            assertThat(worker.steps.stream().mapToInt(Step::getThreads).max().orElse(0))
                    .isBetween(2, MOST);
        }
    }

    /** Returns the log probabilities of each request by itself. */
    private static List<List<Logprob>> alone(WorkerSettings.Builder settings) throws Exception {
        try (WorkerProcess worker = WorkerProcess.startReady(settings)) {
            List<List<Logprob>> all = new ArrayList<>();
            for (Generate.Builder request : requests()) {
                Answer answer = worker.generate(request);
                answer.awaitAccepted();
                answer.awaitFinish();
                all.add(answer.logprobs());
            }
            return all;
        }
    }

    /** Waits for answers, and meanwhile changes the number of threads. */
    private static List<List<Logprob>> finish(WorkerProcess worker, Random random, Answer... answers) throws Exception {
        List<List<Logprob>> all = new ArrayList<>();
        for (Answer answer : answers) {
            answer.awaitAccepted();
            await().pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(5))
                    .atMost(Duration.ofMinutes(2))
                    .until(() -> {
                        allow(worker, 1 + random.nextInt(MOST));
                        return answer.finish.isDone();
                    });
            answer.awaitFinish();
            all.add(answer.logprobs());
        }
        return all;
    }

    private static void allow(WorkerProcess worker, int threads) throws IOException {
        worker.send(EngineFrame.newBuilder().setCores(Cores.newBuilder().setThreads(threads)));
    }

    private static List<Generate.Builder> requests() {
        List<Generate.Builder> requests = new ArrayList<>();
        for (int i = 0; i < SLOTS; i++) {
            int number = i;
            requests.add(Prompts.raw("", 40 + 10 * i)
                    .clearPrompt()
                    .addAllPromptTokens(IntStream.range(0, i % 2 == 0 ? LONG : 20 * i)
                            .mapToObj(token -> 10 + (token * 37 + number) % VOCABULARY)
                            .toList())
                    .setLogprobs(1)
                    .clearPrefixScope());
        }
        return requests;
    }

    private static WorkerSettings.Builder settings(Path model, int most, boolean bf16Keys, boolean divides) {
        return settings(model, 1, most, bf16Keys, divides);
    }

    private static WorkerSettings.Builder settings(
            Path model, int threads, int most, boolean bf16Keys, boolean divides) {
        WorkerSettings.Builder settings = WorkerProcess.settings(model, SLOTS, CONTEXT);
        settings.getComputationBuilder()
                .setThreads(threads)
                .setMostThreads(most)
                .setFlashAttention(true)
                .setBf16Keys(bf16Keys)
                .setFreeRows(divides);
        return settings;
    }
}
