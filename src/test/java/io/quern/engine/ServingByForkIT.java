package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** With workers that the entry point forks. Skipped where this build has no launcher, for want of a C compiler. */
@EnabledOnOs(OS.LINUX)
class ServingByForkIT extends ProcessServingContract {
    ServingByForkIT() {
        super("demo", "demo", 8192, "fork");
    }

    @BeforeAll
    static void thereIsALauncher() {
        assumeTrue(EngineProcess.hasLauncher(), "skipped: there was no C compiler when this was built");
    }

    @Override
    List<String> under() {
        return EngineProcess.underTheLauncher();
    }

    @Test
    void engineAndWorkersAreChildrenOfTheLauncher() {
        ProcessHandle launcher = engine.process().toHandle();
        // a worker may just be coming back from being killed by another test
        await().untilAsserted(() -> assertThat(launcher.children().map(ProcessHandle::pid))
                .hasSize(2)
                .containsAll(engine.workerPids()));
        assertThat(engine.json("/q/quern/decision").get("revisions")).isEmpty();
    }
}
