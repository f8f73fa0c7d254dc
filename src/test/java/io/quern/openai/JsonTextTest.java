package io.quern.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonTextTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @ParameterizedTest
    @CsvSource(quoteCharacter = '`', textBlock = """
            say "hi",       say \\"hi\\"
            a\\b,           a\\\\b
            a/b,            a/b
            äöü 中文,        äöü 中文
            😀👩‍👩‍👧,        😀👩‍👩‍👧
            """)
    void readableTextStaysReadable(String text, String escaped) {
        assertThat(escape(text)).isEqualTo(escaped);
    }

    @Test
    void controlCharactersAndLineSeparatorsAreEscaped() {
        assertThat(escape("\n\r\t\b\f")).isEqualTo("\\n\\r\\t\\b\\f");
        assertThat(escape("\0\u001b\u007f")).isEqualTo("\\u0000\\u001b\\u007f");
        assertThat(escape("\u0085\u2028\u2029")).isEqualTo("\\u0085\\u2028\\u2029");
    }

    @ParameterizedTest
    @CsvSource({"d83d,0", "de00,0", "d83d,1", "de00,1"})
    void unpairedSurrogateBecomesReplacementCharacter(String unit, int at) {
        String surrogate = Character.toString((char) Integer.parseInt(unit, 16));
        assertThat(escape(at == 0 ? surrogate + "x" : "x" + surrogate)).isEqualTo(at == 0 ? "\ufffdx" : "x\ufffd");
    }

    @Test
    void onlyUnpairedOfThreeSurrogatesIsReplaced() {
        assertThat(escape("\ud83d\ud83d\ude00")).isEqualTo("\ufffd😀");
    }

    @Test
    void jsonParserReturnsSameText() throws IOException {
        Random random = new Random(1);
        for (int round = 0; round < 2000; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(40); i > 0; i--) {
                int range = random.nextBoolean() ? 0x100 : Character.MAX_CODE_POINT + 1;
                int point = random.nextInt(range);
                text.appendCodePoint(point >= 0xd800 && point < 0xe000 ? 'x' : point);
            }
            byte[] json =
                    JsonText.appendQuoted(Buffer.buffer(), text.toString()).getBytes();
            assertThat(JSON.readValue(json, String.class)).isEqualTo(text.toString());
        }
    }

    @Test
    void charactersThatTerminalsObeyAreEscaped() {
        assertThat(escape("a\u001b\u009b\u007f\u202e\u2066ü你")).isEqualTo("a\\u001b\\u009b\\u007f\\u202e\\u2066ü你");
    }

    @Test
    void nullIsWrittenAsNull() {
        assertThat(JsonText.appendQuoted(Buffer.buffer(), null)).hasToString("null");
    }

    private static String escape(String text) {
        return JsonText.appendEscaped(Buffer.buffer(), text).toString();
    }
}
