package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class TextAssemblerTest {

    @Test
    void however_the_bytes_are_cut_what_stands_before_the_stop_string_is_delivered_and_nothing_else() {
        expectForEverySplit("so 😀STOP rest", List.of("STOP"), "so 😀", "STOP");
        expectForEverySplit("a漢字b", List.of("字"), "a漢", "字");
    }

    @Test
    void however_the_bytes_are_cut_a_text_without_a_stop_string_is_delivered_whole() {
        expectForEverySplit("ST STO STSTO", List.of("STOP", "OK"), "ST STO STSTO", null);
        expectForEverySplit("aé漢😀", List.of("😁"), "aé漢😀", null);
    }

    @Test
    void of_two_stop_strings_that_end_together_the_one_that_began_first_counts() {
        expectForEverySplit("xaaab", List.of("aab", "ab"), "xa", "aab");
        expectForEverySplit("xaaab", List.of("ab", "aab"), "xa", "aab");
    }

    @Test
    void of_two_stop_strings_the_one_that_is_complete_first_counts() {
        expectForEverySplit("xxabcx", List.of("abc", "ab"), "xx", "ab");
        expectForEverySplit("abacad", List.of("acad", "ba"), "a", "ba");
    }

    @Test
    void a_stop_string_that_overlaps_itself_is_found() {
        expectForEverySplit("aabaabaac", List.of("aabaac"), "aab", "aabaac");
    }

    @Test
    void what_may_begin_a_stop_string_is_held_back_until_that_is_disproved() {
        TextAssembler text = new TextAssembler(List.of("\n\nUser:"));
        assertThat(add(text, "Hello\n")).isEqualTo("Hello");
        assertThat(add(text, "\nUs")).isEmpty();
        assertThat(add(text, "ual")).isEqualTo("\n\nUsual");
        assertThat(add(text, "\n")).isEmpty();
        assertThat(text.finish()).isEqualTo("\n");
    }

    @Test
    void nothing_comes_behind_a_stop_string() {
        TextAssembler text = new TextAssembler(List.of("."));
        assertThat(add(text, "One. Two. ")).isEqualTo("One");
        assertThat(add(text, "Three")).isEmpty();
        assertThat(text.finish()).isEmpty();
        assertThat(text.stop()).isEqualTo(".");
    }

    @Test
    void a_stop_string_may_be_completed_by_the_end_of_a_broken_character() {
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
                    // never in part: what is out is a beginning of what is to come out
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
