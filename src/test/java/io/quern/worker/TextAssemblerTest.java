package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class TextAssemblerTest {

    @Test
    void everySplitDeliversOnlyTextBeforeTheStop() {
        expectForEverySplit("so 😀STOP rest", List.of("STOP"), "so 😀", "STOP");
        expectForEverySplit("a漢字b", List.of("字"), "a漢", "字");
    }

    @Test
    void everySplitDeliversCompleteTextWithoutStop() {
        expectForEverySplit("ST STO STSTO", List.of("STOP", "OK"), "ST STO STSTO", null);
        expectForEverySplit("aé漢😀", List.of("😁"), "aé漢😀", null);
    }

    @Test
    void earlierOfTwoStopsEndingTogetherCounts() {
        expectForEverySplit("xaaab", List.of("aab", "ab"), "xa", "aab");
        expectForEverySplit("xaaab", List.of("ab", "aab"), "xa", "aab");
    }

    @Test
    void firstCompleteStopStringCounts() {
        expectForEverySplit("xxabcx", List.of("abc", "ab"), "xx", "ab");
        expectForEverySplit("abacad", List.of("acad", "ba"), "a", "ba");
    }

    @Test
    void selfOverlappingStopStringIsFound() {
        expectForEverySplit("aabaabaac", List.of("aabaac"), "aab", "aabaac");
    }

    @Test
    void possibleStopStringIsHeldBack() {
        TextAssembler text = new TextAssembler(List.of("\n\nUser:"));
        assertThat(add(text, "Hello\n")).isEqualTo("Hello");
        assertThat(add(text, "\nUs")).isEmpty();
        assertThat(add(text, "ual")).isEqualTo("\n\nUsual");
        assertThat(add(text, "\n")).isEmpty();
        assertThat(text.finish()).isEqualTo("\n");
    }

    @Test
    void nothingFollowsAStopString() {
        TextAssembler text = new TextAssembler(List.of("."));
        assertThat(add(text, "One. Two. ")).isEqualTo("One");
        assertThat(add(text, "Three")).isEmpty();
        assertThat(text.finish()).isEmpty();
        assertThat(text.stop()).isEqualTo(".");
    }

    @Test
    void brokenCharacterMayCompleteAStopString() {
        TextAssembler text = new TextAssembler(List.of("b\uFFFD"));
        assertThat(text.add(new byte[] {'a', 'b', (byte) 0xE6})).isEqualTo("a");
        assertThat(text.finish()).isEmpty();
        assertThat(text.stop()).isEqualTo("b\uFFFD");
    }

    private static void expectForEverySplit(String whole, List<String> stops, String delivered, String stop) {
        byte[] bytes = whole.getBytes(StandardCharsets.UTF_8);
        for (int cuts = 0; cuts < 1 << (bytes.length - 1); cuts++) {
            TextAssembler text = new TextAssembler(stops);
            StringBuilder result = new StringBuilder();
            int start = 0;
            for (int end = 1; end <= bytes.length; end++) {
                if (end == bytes.length || (cuts >> (end - 1) & 1) == 1) {
                    result.append(text.add(Arrays.copyOfRange(bytes, start, end)));
                    // the delivered text is always a prefix of the expected one
                    assertThat(delivered).as("cuts %x", cuts).startsWith(result.toString());
                    start = end;
                }
            }
            result.append(text.finish());
            assertThat(result.toString()).as("cuts %x", cuts).isEqualTo(delivered);
            assertThat(text.stop()).as("cuts %x", cuts).isEqualTo(stop);
        }
    }

    private static String add(TextAssembler text, String more) {
        return text.add(more.getBytes(StandardCharsets.UTF_8));
    }
}
