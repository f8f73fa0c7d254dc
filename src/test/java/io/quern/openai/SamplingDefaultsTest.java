package io.quern.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.generation.SamplingOptions;
import io.quern.model.RecommendedSampling;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class SamplingDefaultsTest {
    private static final SamplingDefaults STANDARD = SamplingDefaults.of(1);
    private static final SamplingDefaults OF_MODEL = STANDARD.with(new RecommendedSampling(
            OptionalDouble.of(0.6),
            OptionalDouble.of(0.95),
            OptionalInt.of(20),
            OptionalDouble.of(0.1),
            OptionalDouble.of(1.05),
            List.of()));

    @Test
    void modelWithoutRecommendationsGetsStandard() {
        assertThat(sampling(
                        STANDARD.with(new RecommendedSampling(
                                OptionalDouble.empty(),
                                OptionalDouble.empty(),
                                OptionalInt.empty(),
                                OptionalDouble.empty(),
                                OptionalDouble.empty(),
                                List.of())),
                        ""))
                .isEqualTo(new SamplingOptions(1, 1, 0, 0, 0, 0, 1, Readers.SEED));
    }

    @Test
    void requestWithoutFieldsGetsRecommendations() {
        assertThat(sampling(OF_MODEL, "")).isEqualTo(new SamplingOptions(0.6, 0.95, 20, 0.1, 0, 0, 1.05, Readers.SEED));
    }

    @Test
    void nullIsAnAbsentField() {
        assertThat(sampling(OF_MODEL, ",\"temperature\":null,\"top_k\":null"))
                .isEqualTo(new SamplingOptions(0.6, 0.95, 20, 0.1, 0, 0, 1.05, Readers.SEED));
    }

    @Test
    void fieldsOfRequestReplaceRecommendations() {
        assertThat(sampling(
                        OF_MODEL, ",\"temperature\":1,\"top_p\":1,\"top_k\":-1,\"min_p\":0,\"repetition_penalty\":1"))
                .isEqualTo(new SamplingOptions(1, 1, 0, 0, 0, 0, 1, Readers.SEED));
    }

    private static SamplingOptions sampling(SamplingDefaults defaults, String more) {
        return Readers.completions(defaults)
                .read(("{\"prompt\":\"x\"" + more + "}").getBytes(StandardCharsets.UTF_8), "id", Readers.UNBOUNDED)
                .generation()
                .sampling();
    }
}
