package io.quern.worker;

import io.quern.TestModels;

class ChoiceDistributionTest extends ChoiceDistributionContract {
    ChoiceDistributionTest() {
        super(TestModels.demo(), 4000);
    }
}
