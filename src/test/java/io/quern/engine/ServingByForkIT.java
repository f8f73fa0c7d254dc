package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** The entry point forks the workers. Skipped if this build has no launcher, because there was no C compiler. */
@EnabledOnOs(OS.LINUX)
class ServingByForkIT extends ProcessServingContract {
    ServingByForkIT() {
        super("demo", "demo", 8192, "fork");
    }

    @BeforeAll
    static void skipWithoutLauncher() {
        assumeTrue(EngineProcess.hasLauncher(), "skipped: this build has no launcher, because it lacked a C compiler");
    }

    @Override
    List<String> commandPrefix() {
        return EngineProcess.launcherPrefix();
    }

    @Test
    void engineAndWorkersAreChildrenOfTheLauncher() {
        ProcessHandle launcher = engine.process().toHandle();
        // Another test may have killed the worker, which then is just restarting.
        await().untilAsserted(() -> assertThat(launcher.children().map(ProcessHandle::pid))
                .hasSize(2)
                .containsAll(engine.workerPids()));
        assertThat(engine.json("/q/quern/decision").get("revisions")).isEmpty();
    }
}
