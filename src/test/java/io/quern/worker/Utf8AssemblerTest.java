package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class Utf8AssemblerTest {
    private static final String TEXT = "aé漢😀z";

    @Test
    void everySplitGivesTheSameText() {
        byte[] bytes = TEXT.getBytes(StandardCharsets.UTF_8);
        // each bit says whether to cut after that byte
        for (int cuts = 0; cuts < 1 << (bytes.length - 1); cuts++) {
            Utf8Assembler assembler = new Utf8Assembler();
            StringBuilder text = new StringBuilder();
            int start = 0;
            for (int end = 1; end <= bytes.length; end++) {
                if (end == bytes.length || (cuts >> (end - 1) & 1) == 1) {
                    String piece = assembler.add(Arrays.copyOfRange(bytes, start, end));
                    assertThat(piece).as("cuts %x", cuts).doesNotContain("\uFFFD");
                    assertThat(piece.codePoints()).allMatch(c -> c < 0xD800 || c > 0xDFFF);
                    text.append(piece);
                    start = end;
                }
            }
            assertThat(text + assembler.finish()).as("cuts %x", cuts).isEqualTo(TEXT);
        }
    }

    @Test
    void characterAppearsWithItsLastByte() {
        Utf8Assembler assembler = new Utf8Assembler();
        assertThat(assembler.add(bytes(0xF0))).isEmpty();
        assertThat(assembler.add(bytes(0x9F, 0x98))).isEmpty();
        assertThat(assembler.add(bytes(0x80))).isEqualTo("😀");
    }

    @Test
    void invalidFirstByteIsReplacedAtOnce() {
        Utf8Assembler assembler = new Utf8Assembler();
        assertThat(assembler.add(bytes(0x80))).isEqualTo("\uFFFD");
        assertThat(assembler.add(bytes('a', 0xFF, 'b'))).isEqualTo("a\uFFFDb");
    }

    @Test
    void characterCutOffByAnotherIsReplaced() {
        Utf8Assembler assembler = new Utf8Assembler();
        assertThat(assembler.add(bytes(0xE6, 0xBC))).isEmpty();
        assertThat(assembler.add(bytes('a'))).isEqualTo("\uFFFDa");
    }

    @Test
    void characterCutOffByTheEndIsReplaced() {
        Utf8Assembler assembler = new Utf8Assembler();
        assertThat(assembler.add(bytes('a', 0xE6, 0xBC))).isEqualTo("a");
        assertThat(assembler.finish()).isEqualTo("\uFFFD");
        assertThat(assembler.finish()).isEmpty();
    }

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }
}
