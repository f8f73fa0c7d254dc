package io.quern.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.TestModels;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class GgmlTypeTest {

    @Test
    void numbersAreUniqueAndFound() {
        for (GgmlType type : GgmlType.values()) {
            assertThat(GgmlType.of(type.id())).hasValue(type);
        }
        assertThat(GgmlType.of(4)).as("removed from ggml").isEmpty();
        assertThat(GgmlType.of(-1)).isEmpty();
    }

    @Tag(TestModels.SMOLLM2)
    @Test
    void tensorsOfRealModelDoNotOverlap() {
        List<TensorInfo> tensors = GgufMetadata.read(TestModels.smolLm2()).tensors().stream()
                .sorted(Comparator.comparingLong(TensorInfo::offset))
                .toList();

        long end = 0;
        for (TensorInfo tensor : tensors) {
            assertThat(tensor.offset()).as(tensor.name()).isEqualTo(Math.ceilDiv(end, 32) * 32);
            end = tensor.offset() + GgmlType.of(tensor.type()).orElseThrow().bytesFor(tensor.elements());
        }
    }
}
