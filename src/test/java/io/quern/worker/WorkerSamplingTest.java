package io.quern.worker;

import io.quern.TestModels;

class WorkerSamplingTest extends WorkerSamplingContract {
    WorkerSamplingTest() {
        super(TestModels.demo(), 24);
    }
}
