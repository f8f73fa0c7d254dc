package io.quern.worker;

import io.quern.TestModels;
import org.junit.jupiter.api.Tag;

@Tag(TestModels.SMOLLM2)
class WorkerSamplingSmolLm2Test extends WorkerSamplingContract {
    WorkerSamplingSmolLm2Test() {
        super(TestModels.smolLm2(), 10);
    }
}
