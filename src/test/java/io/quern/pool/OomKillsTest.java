package io.quern.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.quern.device.Cgroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests with a recorded control group what the pool reports about SIGKILL. EngineInAGroupIT tests real kills. */
class OomKillsTest {
    private static final long SECOND = 1_000_000_000;

    @TempDir
    Path root;

    @TempDir
    Path run;

    private Path group;

    @BeforeEach
    void recordAGroup() throws IOException {
        Files.createDirectories(root.resolve("proc/self"));
        Files.writeString(root.resolve("proc/self/cgroup"), "0::/\n");
        Files.writeString(root.resolve("proc/self/mountinfo"), "6 5 0:26 / /group ro - cgroup2 cgroup rw\n");
        group = Files.createDirectories(root.resolve("group"));
        Files.writeString(group.resolve("memory.max"), "536870912\n");
        count(2);
    }

    @Test
    void countedKillIsClaimedOnce() throws IOException {
        OomKills kills = new OomKills(Cgroup.of(root));
        assertThat(kills.claim(0)).isEmpty();
        count(3);
        assertThat(kills.claim(SECOND))
                .contains(
                        "killed by the kernel's out-of-memory killer (memory limit 512 MiB (cgroup), oom_kill 2 -> 3)");
        assertThat(kills.claim(SECOND)).isEmpty();
        assertThat(kills.claimed()).isEqualTo(1);
    }

    @Test
    void severalKillsAreClaimedOneByOne() throws IOException {
        OomKills kills = new OomKills(Cgroup.of(root));
        count(4);
        assertThat(kills.claim(0)).hasValueSatisfying(text -> assertThat(text).endsWith("oom_kill 2 -> 3)"));
        assertThat(kills.claim(0)).hasValueSatisfying(text -> assertThat(text).endsWith("oom_kill 3 -> 4)"));
        assertThat(kills.claim(0)).isEmpty();
    }

    @Test
    void unclaimedKillIsForgotten() throws IOException {
        OomKills kills = new OomKills(Cgroup.of(root));
        count(3);
        kills.look(0);
        assertThat(kills.claim(11 * SECOND)).isEmpty();
    }

    @Test
    void withoutCountFullGroupIsTheLikelyCause() throws IOException {
        Files.delete(group.resolve("memory.events"));
        OomKills kills = new OomKills(Cgroup.of(root));
        Files.writeString(group.resolve("memory.peak"), "400000000\n");
        assertThat(kills.claim(0)).isEmpty();
        Files.writeString(group.resolve("memory.peak"), "536866816\n");
        assertThat(kills.claim(0))
                .contains(
                        "probably killed by the kernel's out-of-memory killer (memory limit 512 MiB (cgroup), of which"
                                + " 512 MiB were in use at the peak)");
    }

    @Test
    void outOfMemoryKillAppearsInEveryView() throws Exception {
        List<PoolEvent> events = new CopyOnWriteArrayList<>();
        WorkerPool pool = pool(events);
        try {
            count(3);
            kill(pool);
            String cause = "its process ended with signal 9 (KILL): killed by the kernel's out-of-memory killer"
                    + " (memory limit 512 MiB (cgroup), oom_kill 2 -> 3)";
            await().untilAsserted(() -> assertThat(events).anySatisfy(event -> {
                assertThat(event.state()).isEqualTo("failed");
                assertThat(event.detail()).startsWith(cause);
            }));
            assertThat(pool.view().workers().getFirst().lastExit())
                    .isEqualTo("signal 9 (KILL): killed by the kernel's out-of-memory killer (memory limit 512 MiB"
                            + " (cgroup), oom_kill 2 -> 3)");
            assertThat(pool.oomKills()).isEqualTo(1);
            await().until(() -> pool.state() == PoolView.State.READY);
        } finally {
            pool.stop().toCompletableFuture().get(60, TimeUnit.SECONDS);
        }
    }

    @Test
    void otherKillIsNoOutOfMemoryKill() throws Exception {
        List<PoolEvent> events = new CopyOnWriteArrayList<>();
        WorkerPool pool = pool(events);
        try {
            kill(pool);
            await().until(() -> pool.view().workers().getFirst().lastExit() != null);
            assertThat(pool.view().workers().getFirst().lastExit()).isEqualTo("signal 9 (KILL)");
            await().until(() -> pool.state() == PoolView.State.READY);
            assertThat(events)
                    .noneMatch(event -> event.detail() != null && event.detail().contains("memory"));
            assertThat(pool.oomKills()).isZero();
        } finally {
            pool.stop().toCompletableFuture().get(60, TimeUnit.SECONDS);
        }
    }

    private WorkerPool pool(List<PoolEvent> events) throws IOException {
        WorkerPool pool = ScriptedPool.in(run).cgroup(Cgroup.of(root)).start();
        pool.onEvent(events::add);
        await().until(() -> pool.state() == PoolView.State.READY);
        return pool;
    }

    private static void kill(WorkerPool pool) {
        ProcessHandle.of(pool.view().workers().getFirst().pid()).orElseThrow().destroyForcibly();
    }

    private void count(int kills) throws IOException {
        Files.writeString(group.resolve("memory.events"), "oom 0\noom_kill " + kills + "\n");
    }
}
