package io.quern.worker;

import io.quern.TestModels;

class WorkerCallsTest extends WorkerCallsContract {
    WorkerCallsTest() {
        super(TestModels.demo());
    }
}
