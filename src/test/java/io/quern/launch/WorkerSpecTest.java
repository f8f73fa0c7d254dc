package io.quern.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.TestSettings;
import io.quern.fork.PreloadResult;
import io.quern.jvm.WorkerBounds;
import io.quern.wire.WorkerSettings;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class WorkerSpecTest {

    @Test
    void nodesAreAssignedInTurn() {
        assertThat(IntStream.range(0, 5).map(id -> WorkerSpec.inTurn(id, List.of(0, 8))))
                .containsExactly(0, 8, 0, 8, 0);
    }

    @Test
    void commandLineHasOnlyFourArguments() {
        assertThat(spec().arguments(42)).containsExactly("--worker=3", "--socket=s", "--parent=42", "--model=m");
    }

    @Test
    void preloadedAddressesAreAddedToTheSettings() {
        WorkerSettings.Preloaded whole = spec().settings(new PreloadResult(
                        -1, 4096, 512, true, 7.5, "CPU (zen4)", new PreloadResult.Area(-64, 7), true, 8192))
                .getPreloaded();
        assertThat(whole.getModel()).isEqualTo(-1);
        assertThat(whole.getDevice()).isEqualTo("CPU (zen4)");
        assertThat(whole.getContext().getAddress()).isEqualTo(4096);
        assertThat(whole.getContext().getContextLength()).isEqualTo(512);
        assertThat(whole.getContext().getFlashAttention()).isTrue();
        assertThat(whole.getContext().getMicrosPerToken()).isEqualTo(7.5);
        assertThat(whole.getContext().getCacheAddress()).isEqualTo(-64);
        assertThat(whole.getContext().getCacheBytes()).isEqualTo(7);
        assertThat(whole.getContext().getNodeHook()).isEqualTo(8192);
        WorkerSettings.Preloaded cold = spec().settings(
                        new PreloadResult(1, 2, 512, false, 0, "CPU", PreloadResult.Area.NONE, false, 0))
                .getPreloaded();
        assertThat(cold.getContext().hasMicrosPerToken()).isFalse();
        WorkerSettings withoutContext =
                spec().settings(new PreloadResult(1, 0, 0, false, 0, "CPU", PreloadResult.Area.NONE, false, 0));
        assertThat(withoutContext.getPreloaded().hasContext()).isFalse();
        assertThat(spec().settings(new PreloadResult(0, 0, 0, false, 0, "", PreloadResult.Area.NONE, false, 0)))
                .isEqualTo(spec().settings());
    }

    private static WorkerSpec spec() {
        return new WorkerSpec(
                3,
                Path.of("s"),
                Optional.empty(),
                WorkerBounds.of(1, 256, 0, 0, 1 << 20, List.of()),
                TestSettings.of(Path.of("m"), Path.of("l"), 1).build());
    }
}
