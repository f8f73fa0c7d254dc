package io.quern.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.quern.StartsProcesses;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that a pool can be started again after it was unloaded. */
@StartsProcesses
class PoolRestartTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path folder;

    @Test
    void unloadedPoolStartsAgainAndLeavesNothing() throws Exception {
        WorkerPool pool = ScriptedPool.in(folder).slots(2).start();
        awaitReady(pool);
        List<Long> pids = pids(pool);
        pool.unload().toCompletableFuture().get(60, TimeUnit.SECONDS);
        assertThat(pids).noneMatch(pid -> ProcessHandle.of(pid).isPresent());
        assertThat(files()).isZero();
        assertThat(pool.acquire()).isEmpty();
        assertThat(pool.started()).isFalse();
        assertThat(pool.decision()).isNotNull();

        ScriptedPool.in(folder).slots(2).startAgain(pool);
        awaitReady(pool);
        assertThat(pids(pool)).doesNotContainAnyElementsOf(pids);
        assertThat(pool.acquire()).isPresent();
        pool.stop().toCompletableFuture().get(60, TimeUnit.SECONDS);
        assertThat(files()).isZero();
    }

    @Test
    void pausedPoolLeasesNothingUntilItResumes() throws Exception {
        WorkerPool pool = ScriptedPool.in(folder).start();
        awaitReady(pool);
        pool.pause();
        assertThat(pool.slotFree()).isFalse();
        assertThat(pool.acquire()).isEmpty();
        assertThat(pool.acquireAlone()).isEmpty();
        pool.resume();
        assertThat(pool.acquire()).isPresent();
        pool.stop().toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    @Test
    void restartsCountBeyondAnUnload() throws Exception {
        WorkerPool pool = ScriptedPool.in(folder).start();
        awaitReady(pool);
        ProcessHandle.of(pids(pool).getFirst()).orElseThrow().destroyForcibly();
        await().atMost(PATIENCE).until(() -> pool.restarts() == 1 && pool.state() == PoolView.State.READY);
        pool.unload().toCompletableFuture().get(60, TimeUnit.SECONDS);
        assertThat(pool.restarts()).isEqualTo(1);
        pool.stop().toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    private static void awaitReady(WorkerPool pool) {
        await().atMost(PATIENCE).until(() -> pool.state() == PoolView.State.READY);
    }

    private static List<Long> pids(WorkerPool pool) {
        return pool.view().workers().stream().map(PoolView.WorkerView::pid).toList();
    }

    private long files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.count();
        }
    }
}
