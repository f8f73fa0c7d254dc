package io.quern.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.quern.model.ModelMemory;
import io.quern.policy.StartMethod;
import java.util.List;
import org.junit.jupiter.api.Test;

class MemoryPlanTest {
    private static final long MIB = 1L << 20;
    private static final MemoryNeed.Jvm JVM = new MemoryNeed.Jvm(32 << 20, List.of());
    private static final long ENGINE = MemoryNeed.engine(1L << 30, 1L << 30);

    /** The figures of SmolLM2-135M. */
    private static final ModelMemory MODEL =
            new ModelMemory(98_362_432, 90_000_000, 23_040, 0, 8192, 9, 576, 1536, false, 49_152, 162, 1);

    @Test
    void planShowsTheArithmetic() {
        assertThat(need(StartMethod.FORKSERVER, 1).text())
                .isEqualTo(
                        "1020 MiB (weights 93.8 MiB + KV cache 4 slots x 4096 tokens x 22.5 KiB = 360 MiB + buffers 19"
                                + " MiB + JVM 83 MiB + state copies 256 MiB + launcher 8 MiB + engine 200 MiB)");
        assertThat(need(StartMethod.SPAWN, 2).text())
                .startsWith("1.77 GiB (weights 180 MiB + 2 workers x (KV cache 4 slots x 4096 tokens")
                .endsWith("state copies 256 MiB) + engine 200 MiB)");
    }

    @Test
    void spawnedWorkersShareOnlyMappedWeights() {
        long others =
                need(StartMethod.SPAWN, 3).total() - need(StartMethod.SPAWN, 2).total();
        long forked =
                need(StartMethod.FORK, 3).total() - need(StartMethod.FORK, 2).total();
        assertThat(others - forked).isEqualTo(MODEL.quantised());
        MemoryNeed bound = spawned(3, true, false);
        MemoryNeed free = spawned(3, false, false);
        assertThat(bound.total() - free.total()).isEqualTo(2 * (MODEL.weights() - MODEL.quantised()));
    }

    @Test
    void weightsAndCacheOnAcceleratorAreNotCounted() {
        MemoryNeed need = spawned(2, false, true);
        assertThat(need.total())
                .isEqualTo(2 * (MemoryNeed.WORKER_JVM + need.bounds().bytes()) + ENGINE);
        assertThat(need.text()).isEqualTo("366 MiB (2 workers x (JVM 83 MiB) + engine 200 MiB)");
    }

    @Test
    void stateCopiesAreNoLargerThanFullSlots() {
        MemoryNeed small = need(StartMethod.SPAWN, 1).with(new WorkerSize(1, 512, 256 * MIB));
        assertThat(small.states()).isEqualTo(MODEL.states(1, 512)).isLessThan(13 * MIB);
    }

    @Test
    void planThatFitsLowersNothing() {
        MemoryPlan plan = plan(2048, false, false, false, true);
        assertThat(plan.slots()).isEqualTo(4);
        assertThat(plan.contextLength()).as("the worker's choice").isZero();
        assertThat(plan.stateBytes()).isEqualTo(256 * MIB);
        assertThat(plan.lowered()).isEmpty();
        assertThat(plan.problem()).isNull();
        assertThat(plan(0, true, true, true, true).problem())
                .as("the limit is unknown")
                .isNull();
    }

    @Test
    void stateCopiesAreLoweredFirst() {
        MemoryPlan plan = plan(900, false, false, false, true);
        assertThat(plan.contextLength()).isZero();
        assertThat(plan.stateBytes()).isBetween(MIB, 200 * MIB);
        assertThat(plan.need().total()).isBetween(898 * MIB, 900 * MIB);
        assertThat(plan.lowered())
                .startsWith("the memory limit is 900 MiB (cgroup), and the defaults would need 1020 MiB (weights")
                .contains("; state copies 136 MiB instead of 256 MiB: that needs 900 MiB (");
    }

    @Test
    void contextIsLoweredBeforeSlots() {
        MemoryPlan shorter = plan(512, false, false, false, true);
        assertThat(shorter.slots()).isEqualTo(4);
        assertThat(shorter.contextLength()).isBetween(1024, 1280);
        assertThat(shorter.lowered()).contains("context length " + shorter.contextLength() + " instead of 4096, ");
        MemoryPlan fewer = plan(420, false, false, false, true);
        assertThat(fewer.contextLength()).isEqualTo(512);
        assertThat(fewer.slots()).isBetween(1, 3);
        assertThat(fewer.lowered()).contains("slots " + fewer.slots() + " instead of 4, context length 512 instead of");
        assertThat(fewer.need().total()).isLessThanOrEqualTo(420 * MIB);
    }

    @Test
    void sharedCacheIsLoweredBeforeContext() {
        MemoryPlan plan = shared(1500, 64, 0.125);
        assertThat(plan.problem()).isNull();
        assertThat(plan.slots()).isEqualTo(64);
        assertThat(plan.contextLength()).as("the worker's choice").isZero();
        assertThat(plan.cacheBytes()).isBetween(MODEL.cache(8, 4096), MODEL.cache(16, 4096));
        assertThat(plan.stateBytes()).as("up to half of what remains").isBetween(50 * MIB, 200 * MIB);
        assertThat(plan.need().total()).isBetween(1497 * MIB, 1500 * MIB);
        assertThat(plan.lowered())
                .contains("; KV cache ")
                .contains(" instead of 5.63 GiB (if conversations grow longer");
        assertThat(plan.arithmetic()).contains(" MiB for 64 slots x 4096 tokens x 22.5 KiB + buffers");
    }

    @Test
    void sharedCacheHoldsTwoFullSlots() {
        MemoryPlan plan = shared(600, 4, 0.125);
        assertThat(plan.slots()).isEqualTo(4);
        assertThat(plan.contextLength()).isZero();
        assertThat(plan.cacheBytes()).isBetween(MODEL.cache(2, 4096), MODEL.cache(4, 4096));
        assertThat(shared(450, 4, 0.125).contextLength()).isBetween(512, 4095);
    }

    @Test
    void cacheIsNotSharedIfFullSlotsFit() {
        assertThat(shared(2048, 4, 0.125).cacheBytes()).isZero();
        MemoryPlan plan = shared(900, 4, 0.125);
        assertThat(plan.cacheBytes()).as("without state copies").isZero();
        assertThat(plan.lowered()).doesNotContain("KV cache 3");
        assertThat(plan.stateBytes()).isBetween(50 * MIB, 200 * MIB);
    }

    @Test
    void configuredSettingsAreNotLowered() {
        assertThat(plan(512, true, false, false, true).slots()).isEqualTo(4);
        MemoryPlan fixedContext = plan(560, false, true, false, true);
        assertThat(fixedContext.contextLength()).isEqualTo(4096);
        assertThat(fixedContext.slots()).isEqualTo(1);
        assertThat(plan(512, true, true, false, true).problem())
                .contains("the model needs at least ")
                .contains("4 slots x 4096 tokens x 22.5 KiB = 360 MiB")
                .doesNotContain("state copies")
                .contains(", but the memory limit is 512 MiB (cgroup); lower quern.worker.slots or"
                        + " quern.worker.context-length, choose a smaller model, or raise the limit");
        assertThat(plan(900, true, true, true, true).problem())
                .startsWith("the model needs 1020 MiB (weights 93.8 MiB + KV cache 4 slots");
    }

    @Test
    void planThatCannotFitStopsTheStart() {
        MemoryPlan plan = plan(256, false, false, false, true);
        assertThat(plan.problem())
                .startsWith("the model needs at least 399 MiB (weights 93.8 MiB + KV cache 1 slot x 512 tokens");
        assertThat(plan.problem()).contains("256 MiB (cgroup); choose a smaller model, or raise the limit");
        assertThatThrownBy(plan::enforced)
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(plan.problem());
    }

    @Test
    void checkThatOnlyWarnsLowersNothing() {
        MemoryPlan plan = plan(512, false, false, false, false);
        assertThat(plan.slots()).isEqualTo(4);
        assertThat(plan.contextLength()).isZero();
        assertThat(plan.problem()).startsWith("the model needs 1020 MiB (");
    }

    @Test
    void smallHeapLowersTheNeedOfTheEngine() {
        assertThat(MemoryNeed.engine(64 * MIB, 1L << 30)).isEqualTo(160 * MIB);
        assertThat(MemoryNeed.engine(128 * MIB, 256 * MIB)).isEqualTo(160 * MIB);
        assertThat(ENGINE).as("a heap of a gigabyte is not filled").isEqualTo(200 * MIB);
    }

    @Test
    void aotCacheIsNotRecordedWithoutMemory() {
        assertThat(plan(2048, false, false, false, true).recordingFits()).isTrue();
        assertThat(plan(1100, false, false, false, true).recordingFits()).isFalse();
    }

    private static MemoryNeed need(StartMethod method, int workers) {
        return need(new MemoryNeed.Loading(method, false, false), workers, 256 * MIB);
    }

    /** Without state copies. */
    private static MemoryNeed spawned(int workers, boolean ownWeights, boolean accelerated) {
        return need(new MemoryNeed.Loading(StartMethod.SPAWN, ownWeights, accelerated), workers, 0);
    }

    private static MemoryNeed need(MemoryNeed.Loading loading, int workers, long stateBytes) {
        return new MemoryNeed(MODEL, loading, workers, new WorkerSize(4, 4096, stateBytes), true, JVM, ENGINE);
    }

    private static MemoryPlan shared(long limitMib, int slots, double share) {
        MemoryNeed wanted = need(StartMethod.FORKSERVER, 1).with(new WorkerSize(slots, 4096, 256 * MIB));
        return MemoryPlan.of(
                wanted,
                new MemoryLimit(limitMib * MIB, limitMib + " MiB (cgroup)"),
                new Leeway(true, true, true, true, share));
    }

    private static MemoryPlan plan(
            long limitMib, boolean slotsFixed, boolean contextFixed, boolean statesFixed, boolean mayLower) {
        return MemoryPlan.of(
                need(StartMethod.FORKSERVER, 1),
                new MemoryLimit(limitMib * MIB, limitMib + " MiB (cgroup)"),
                new Leeway(mayLower, !slotsFixed, !contextFixed, !statesFixed, 1));
    }
}
