package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.StartsProcesses;
import io.quern.TestModels;
import io.quern.llama.Requantised;
import io.quern.model.GgufMetadata;
import io.quern.model.HostKernels;
import io.quern.model.PromptCuts;
import io.quern.model.TinyModel;
import io.quern.wire.Generate;
import io.quern.wire.Step;
import io.quern.wire.WorkerSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests what the real worker takes over from an earlier answer, where {@link PromptCuts} say that this is exact. */
@EnabledIf(value = "io.quern.device.ProcessorModel#isX86", disabledReason = "nothing was measured on this processor")
@StartsProcesses
class WorkerConversationTest {
    /** An odd number, and longer than gemma3's window together with an answer. */
    private static final int PROMPT = 31;

    private static final int ANSWER = 60;

    static Stream<Path> models() {
        return Stream.of(
                TestModels.demo(),
                TinyModel.GEMMA3.file(),
                Requantised.Q4_0.file(),
                Requantised.F16.file(),
                Requantised.Q4_K.file());
    }

    @ParameterizedTest
    @MethodSource("models")
    void conversationContinuesAfterWhatIsThere(Path model) throws Exception {
        PromptCuts cuts = cuts(model);
        try (WorkerProcess worker = start(model, cuts)) {
            List<Integer> tokens = new ArrayList<>(question(0, PROMPT));
            int there = 0;
            for (int turn = 1; turn < 5; turn++) {
                List<Integer> alone = tokens(worker.generate(ask(tokens).setPrefixScope("")));
                // a request without a scope leaves nothing, so the conversation has to be computed once more
                worker.generate(ask(tokens)).awaitFinish();
                Answer again = worker.generate(ask(tokens));
                assertThat(tokens(again)).as("the same prompt").isEqualTo(alone);
                int most = tokens.size() - (cuts.singleRows() ? 1 : 2);
                assertThat(again.awaitFinish().getCachedTokens()).isEqualTo(most / cuts.multiple() * cuts.multiple());

                there = tokens.size();
                tokens.addAll(alone);
                // the last token was not computed
                int usable = cuts.singleRows() ? tokens.size() - 1 : there / cuts.multiple() * cuts.multiple();
                tokens.addAll(question(turn, 7 + turn));
                Answer next = worker.generate(ask(tokens));
                List<Integer> continued = tokens(next);
                assertThat(next.awaitFinish().getCachedTokens()).isEqualTo(usable);
                assertThat(continued)
                        .as("turn %d", turn)
                        .isEqualTo(tokens(worker.generate(ask(tokens).setPrefixScope(""))));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void whatAnotherWorkerHasDeliveredIsPrefilledIfThatIsExact(Path model) throws Exception {
        PromptCuts cuts = cuts(model);
        try (WorkerProcess worker = start(model, cuts)) {
            Generate.Builder request = ask(question(0, PROMPT)).setPrefixScope("");
            List<Integer> whole = tokens(worker.generate(request.clone()));
            for (int delivered = 1; delivered < ANSWER; delivered += 13) {
                worker.steps.clear();
                Answer rest = worker.generate(request.clone().addAllReplay(whole.subList(0, delivered)));
                assertThat(tokens(rest)).isEqualTo(whole.subList(delivered, ANSWER));
                assertThat(worker.steps.stream().mapToInt(Step::getPrefilled).sum())
                        .isEqualTo(cuts.singleRows() ? PROMPT + delivered : PROMPT);
            }
        }
    }

    private static PromptCuts cuts(Path model) {
        return PromptCuts.of(GgufMetadata.read(model), HostKernels.get(), true);
    }

    private static WorkerProcess start(Path model, PromptCuts cuts) throws Exception {
        WorkerSettings.Builder settings = WorkerProcess.settings(model, 1, 512);
        settings.getComputationBuilder()
                .setBf16Keys(true)
                .setDraftTokens(7)
                .setPromptCuts(WorkerSettings.PromptCuts.newBuilder()
                        .setMultiple(cuts.multiple())
                        .setSingleRows(cuts.singleRows()));
        return WorkerProcess.startReady(settings);
    }

    private static List<Integer> question(int number, int tokens) {
        return IntStream.range(0, tokens)
                .mapToObj(i -> 10 + (number * 57 + i * 31) % 200)
                .toList();
    }

    private static Generate.Builder ask(List<Integer> tokens) {
        return Prompts.raw("", ANSWER).addAllPromptTokens(tokens);
    }

    private static List<Integer> tokens(Answer answer) throws Exception {
        answer.awaitFinish();
        return answer.tokens();
    }
}
