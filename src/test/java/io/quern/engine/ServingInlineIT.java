package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIf;

/** With the worker in the engine's own process. A native executable refuses that. */
@DisabledIf(
        value = "io.quern.engine.PackagedEngine#isNative",
        disabledReason = "a native executable has no workers in itself")
class ServingInlineIT extends ServingContract {
    ServingInlineIT() {
        super("demo", "demo", 8192, "inline");
    }

    @Test
    void thereIsNoOtherProcess() {
        assertThat(engine.process().toHandle().descendants()).isEmpty();
        assertThat(engine.json("/q/quern/pool").at("/workers/0/pid").isNull()).isTrue();
    }
}
