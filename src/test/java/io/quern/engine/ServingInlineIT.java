package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIf;

/** The worker runs in the process of the engine. A native executable refuses that. */
@DisabledIf(
        value = "io.quern.engine.PackagedEngine#isNative",
        disabledReason = "a native executable has no inline workers")
class ServingInlineIT extends ServingContract {
    ServingInlineIT() {
        super("demo", "demo", 8192, "inline");
    }

    @Test
    void inlineEngineHasNoChildProcess() {
        assertThat(engine.process().toHandle().descendants()).isEmpty();
        assertThat(engine.json("/q/quern/pool").at("/workers/0/pid").isNull()).isTrue();
    }
}
