package io.quern.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.generation.GenerationRequest;
import io.quern.generation.Prompt;
import io.quern.generation.SamplingOptions;
import io.quern.wire.EngineFrame;
import io.quern.wire.Generate;
import io.quern.wire.Sampling;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class EngineFramesTest {
    @Test
    void frameHasTheNumbersOfTheRequest() throws Exception {
        SamplingOptions tiny = new SamplingOptions(1e-46, 1e-46, 0, 1e-46, -1e-46, 1e-46, 1e-46, -1);
        Sampling sampling = travelled(request(tiny, 7)).getSampling();
        assertThat(sampling.getTemperature()).isEqualTo(1e-46);
        assertThat(sampling.hasTopP()).isTrue();
        assertThat(sampling.getTopP()).isEqualTo(1e-46);
        assertThat(sampling.getMinP()).isEqualTo(1e-46);
        assertThat(sampling.getPresencePenalty()).isEqualTo(-1e-46);
        assertThat(sampling.getFrequencyPenalty()).isEqualTo(1e-46);
        assertThat(sampling.hasRepetitionPenalty()).isTrue();
        assertThat(sampling.getRepetitionPenalty()).isEqualTo(1e-46);
        assertThat(sampling.getSeed()).isEqualTo(-1);
    }

    @Test
    void unboundedAnswerHasNoMaximum() throws Exception {
        assertThat(travelled(request(SamplingOptions.greedy(), 0)).hasMaxTokens())
                .isFalse();
        assertThat(travelled(request(SamplingOptions.greedy(), 7)).getMaxTokens())
                .isEqualTo(7);
    }

    @Test
    void frameHasThePrefixScope() throws Exception {
        byte[] bytes = EngineFrames.generate(
                        1,
                        request(SamplingOptions.greedy(), 0),
                        new PrefixScope("a1b2"),
                        Replay.NOTHING,
                        Optional.empty())
                .toByteArray();
        assertThat(EngineFrame.parseFrom(bytes).getGenerate().getPrefixScope()).isEqualTo("a1b2");
        assertThat(travelled(request(SamplingOptions.greedy(), 0)).getPrefixScope())
                .isEmpty();
    }

    private static GenerationRequest request(SamplingOptions sampling, int maxTokens) {
        return new GenerationRequest("id", new Prompt.Text("a", true), sampling, maxTokens, List.of(), false);
    }

    private static Generate travelled(GenerationRequest request) throws Exception {
        byte[] bytes = EngineFrames.generate(1, request, PrefixScope.NONE, Replay.NOTHING, Optional.empty())
                .toByteArray();
        return EngineFrame.parseFrom(bytes).getGenerate();
    }
}
