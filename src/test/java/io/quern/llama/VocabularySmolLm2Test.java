package io.quern.llama;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.TestModels;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag(TestModels.SMOLLM2)
class VocabularySmolLm2Test extends VocabularyContract {
    VocabularySmolLm2Test() {
        super(TestModels.smolLm2());
    }

    @Test
    void descriptionNamesArchitectureSizeAndType() {
        assertThat(model.description()).isEqualTo("llama 135M Q4_1");
        assertThat(model.trainingContext()).isEqualTo(8192);
        assertThat(model.bytes()).isBetween(90_000_000L, 100_000_000L);
        assertThat(vocabulary.longestPiece()).isEqualTo(81);
        assertThat(vocabulary.size()).isEqualTo(49152);
    }
}
