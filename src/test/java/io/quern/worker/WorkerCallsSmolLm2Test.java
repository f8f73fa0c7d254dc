package io.quern.worker;

import io.quern.TestModels;
import io.quern.tools.AnswerFormat;
import io.quern.tools.CallFormat;
import io.quern.tools.ReasoningFormat;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.provider.Arguments;

@Tag(TestModels.SMOLLM2)
class WorkerCallsSmolLm2Test extends WorkerCallsContract {
    WorkerCallsSmolLm2Test() {
        super(TestModels.smolLm2());
    }

    /** Not all formats, because the grammar reads the whole large vocabulary for most tokens of a model like this. */
    static Stream<Arguments> formats() {
        return of(new AnswerFormat(CallFormat.HERMES, ReasoningFormat.NONE, false));
    }
}
