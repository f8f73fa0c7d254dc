package io.quern.worker;

import io.quern.TestModels;
import org.junit.jupiter.api.Tag;

@Tag(TestModels.SMOLLM2)
class WorkerCallsSmolLm2Test extends WorkerCallsContract {
    WorkerCallsSmolLm2Test() {
        super(TestModels.smolLm2());
    }
}
