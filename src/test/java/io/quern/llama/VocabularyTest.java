package io.quern.llama;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.TestModels;
import org.junit.jupiter.api.Test;

class VocabularyTest extends VocabularyContract {
    VocabularyTest() {
        super(TestModels.demo());
    }

    @Test
    void descriptionNamesArchitectureSizeAndType() {
        assertThat(model.description()).isEqualTo("llama 3M Q8_0");
        assertThat(model.trainingContext()).isEqualTo(1024);
        assertThat(model.bytes()).isBetween(3_000_000L, 3_500_000L);
        assertThat(vocabulary.longestPiece()).isBetween(8, 32);
        assertThat(vocabulary.size()).isEqualTo(1536);
    }
}
