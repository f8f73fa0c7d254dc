package io.quern.worker;

import io.quern.StartsProcesses;
import io.quern.TestModels;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@link WorkerPrefixesTest} requires, on a trained model. */
@StartsProcesses
@EnabledOnOs(OS.LINUX)
@Tag(TestModels.SMOLLM2)
class WorkerPrefixesSmolLm2Test {
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void textsAreTheSameWithAndWithoutTheStateOfAPrefix(boolean flash) throws Exception {
        WorkerPrefixesTest.checkTexts(TestModels.smolLm2(), flash, true);
    }
}
