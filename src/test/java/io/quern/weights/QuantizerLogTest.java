package io.quern.weights;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class QuantizerLogTest {
    private static final long MIB = 1 << 20;

    private final List<String> seen = new ArrayList<>();
    private final QuantizerLog log =
            new QuantizerLog((tensor, tensors, bytes) -> seen.add(tensor + "/" + tensors + " " + bytes));

    @Test
    void tensorsAreCountedWhenTheyAreComplete() {
        log.line("[   1/   2] token_embd.weight                    - [  576, 49152,     1,     1], type =   q4_1,");
        log.line("converting to q8_0 ..");
        assertThat(seen).isEmpty();
        log.line("size =    16.00 MiB ->    28.50 MiB");
        log.line("[   2/   2] output_norm.weight                   - [  576,     1,     1,     1], type =    f32,");
        log.line("size =    0.500 MiB");
        assertThat(seen).containsExactly("1/2 " + 16 * MIB, "2/2 " + 33 * MIB / 2);
        assertThat(log.sourceBytes()).isEqualTo(33 * MIB / 2);
        assertThat(log.resultBytes()).isEqualTo(29 * MIB);
        assertThat(log.types()).isEqualTo(Map.of("q8_0", 1, "f32", 1));
    }

    @Test
    void rehearsalNamesTheTypes() {
        log.line("[   1/   1] a                                    - [  576,   576,     1,     1], type =    f16,");
        log.line("size =     1.00 MiB ->     0.50 MiB (q4_0)");
        assertThat(log.types()).isEqualTo(Map.of("q4_0", 1));
        assertThat(log.tensors()).isEqualTo(1);
    }

    @Test
    void otherLinesAreIgnored() {
        log.line("llama_model_quantize_impl: model size  =    92.71 MiB (5.78 BPW)");
        log.line("size = 12.00 MiB");
        log.line("");
        assertThat(seen).isEmpty();
        assertThat(log.sourceBytes()).isZero();
    }
}
