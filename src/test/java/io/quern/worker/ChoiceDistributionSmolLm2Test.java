package io.quern.worker;

import io.quern.TestModels;
import org.junit.jupiter.api.Tag;

@Tag(TestModels.SMOLLM2)
class ChoiceDistributionSmolLm2Test extends ChoiceDistributionContract {
    ChoiceDistributionSmolLm2Test() {
        super(TestModels.smolLm2(), 1000);
    }
}
