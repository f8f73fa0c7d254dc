package io.quern.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.jvm.WorkerBounds;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class WorkerSpecTest {

    @Test
    void workersTakeTheNodesInTurn() {
        assertThat(IntStream.range(0, 5).map(id -> WorkerSpec.inTurn(id, List.of(0, 8))))
                .containsExactly(0, 8, 0, 8, 0);
    }

    @Test
    void aWorkerIsToldItsNodeWhereItHasOne() {
        assertThat(spec(OptionalInt.of(8)).arguments(42)).contains("--parent=42", "--numa-node=8", "--flash-attention");
        assertThat(spec(OptionalInt.empty()).arguments(42)).noneMatch(one -> one.startsWith("--numa-node"));
    }

    private static WorkerSpec spec(OptionalInt numaNode) {
        return new WorkerSpec(
                0,
                Path.of("s"),
                Path.of("m"),
                Path.of("l"),
                1,
                0,
                1,
                numaNode,
                Optional.empty(),
                true,
                50,
                1024,
                0,
                0,
                WorkerBounds.of(1, 256, 0, 0, 1 << 20, List.of()),
                false);
    }
}
