package io.quern.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.TestSettings;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SettingsCheckTest {

    @Test
    void optionalFieldsMayBeMissing() {
        assertThat(SettingsCheck.problem(settings().build())).isEmpty();
    }

    @Test
    void zeroIsAllowedWhereItHasAMeaning() {
        WorkerSettings.Builder settings = settings();
        settings.getComputationBuilder().setMostThreads(0).setNumaNode(0);
        settings.getStateCopiesBuilder().setBytes(1).setShare(0);
        assertThat(SettingsCheck.problem(settings.build())).isEmpty();
        assertThat(settings.getComputation().hasNumaNode()).isTrue();
        assertThat(settings().getComputation().hasNumaNode()).isFalse();
    }

    @Test
    void everythingCanBeSet() {
        WorkerSettings.Builder settings = settings().setSeal(true).setFaults(true);
        settings.getSequencesBuilder().setSlots(256).setContextLength(Integer.MAX_VALUE);
        settings.getComputationBuilder()
                .setThreads(512)
                .setMostThreads(512)
                .setNumaNode(1023)
                .setStepMillis(60_000);
        settings.getStateCopiesBuilder().setBytes(Long.MAX_VALUE).setShare(1);
        settings.getPreloadedBuilder().setDevice("CPU (zen4)").setModel(-1);
        settings.getPreloadedBuilder()
                .getContextBuilder()
                .setAddress(4096)
                .setContextLength(512)
                .setFlashAttention(true)
                .setMicrosPerToken(0.5);
        assertThat(SettingsCheck.problem(settings.build())).isEmpty();
    }

    @ParameterizedTest
    @MethodSource
    void missingOrInvalidFieldIsNamed(String problem, Consumer<WorkerSettings.Builder> change) {
        WorkerSettings.Builder settings = settings();
        change.accept(settings);
        assertThat(SettingsCheck.problem(settings.build())).contains("the worker's settings " + problem);
    }

    static Stream<Arguments> missingOrInvalidFieldIsNamed() {
        return Stream.of(
                wrong("lack model", WorkerSettings.Builder::clearModel),
                wrong("lack libraries", WorkerSettings.Builder::clearLibraries),
                wrong(
                        "are wrong: slots must be a whole number from 1 to 256, but is 0",
                        settings -> settings.getSequencesBuilder().setSlots(0)),
                wrong(
                        "are wrong: slots must be a whole number from 1 to 256, but is 257",
                        settings -> settings.getSequencesBuilder().setSlots(257)),
                wrong(
                        "are wrong: slots must be a whole number from 1 to 256, but is 0",
                        WorkerSettings.Builder::clearSequences),
                wrong(
                        "are wrong: context_length must be a whole number from 1 to 2147483647, but is 0",
                        settings -> settings.getSequencesBuilder().setContextLength(0)),
                wrong(
                        "are wrong: context_length must be a whole number from 1 to 2147483647, but is 4294967295",
                        settings -> settings.getSequencesBuilder().setContextLength(-1)),
                wrong(
                        "are wrong: cache_bytes must be from 0 to 9223372036854775807, but is 18446744073709551615",
                        settings -> settings.getSequencesBuilder().setCacheBytes(-1)),
                wrong(
                        "are wrong: threads must be a whole number from 1 to 512, but is 513",
                        settings -> settings.getComputationBuilder().setThreads(513)),
                wrong(
                        "are wrong: most_threads must be a whole number from 0 to 512, but is 513",
                        settings -> settings.getComputationBuilder().setMostThreads(513)),
                wrong(
                        "are wrong: numa_node must be a whole number from 0 to 1023, but is 4294967295",
                        settings -> settings.getComputationBuilder().setNumaNode(-1)),
                wrong(
                        "are wrong: step_millis must be a whole number from 1 to 60000, but is 0",
                        settings -> settings.getComputationBuilder().clearStepMillis()),
                wrong(
                        "are wrong: max_frame_bytes must be a whole number from 1024 to 2147483647, but is 1",
                        settings -> settings.setMaxFrameBytes(1)),
                wrong(
                        "are wrong: state_copies.bytes must be from 1 to 9223372036854775807, but is 0",
                        settings -> settings.getStateCopiesBuilder().setShare(1)),
                wrong(
                        "are wrong: state_copies.share must be from 0 to 1.0, but is 1.5",
                        settings -> settings.getStateCopiesBuilder().setBytes(1).setShare(1.5)),
                wrong(
                        "are wrong: state_copies.share must be from 0 to 1.0, but is NaN",
                        settings -> settings.getStateCopiesBuilder().setBytes(1).setShare(Double.NaN)),
                wrong(
                        "are wrong: draft_tokens must be a whole number from 0 to 8, but is 9",
                        settings -> settings.getComputationBuilder().setDraftTokens(9)),
                wrong(
                        "are wrong: prompt_cuts.multiple must be a whole number from 1 to 8, but is 0",
                        settings -> settings.getComputationBuilder().getPromptCutsBuilder()),
                wrong("lack preloaded.model", WorkerSettings.Builder::getPreloadedBuilder),
                wrong("lack preloaded.context.address", settings -> settings.getPreloadedBuilder()
                        .setModel(1)
                        .getContextBuilder()
                        .setContextLength(1)));
    }

    private static Arguments wrong(String problem, Consumer<WorkerSettings.Builder> change) {
        return Arguments.of(problem, change);
    }

    private static WorkerSettings.Builder settings() {
        return TestSettings.of(Path.of("m.gguf"), Path.of("l"), 4);
    }
}
