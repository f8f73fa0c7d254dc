package io.quern.settings;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ByteFormatTest {

    @ParameterizedTest
    @CsvSource({
        "0,0 bytes",
        "1023,1023 bytes",
        "1024,1 KiB",
        "23040,22.5 KiB",
        "98362432,93.8 MiB",
        "536870912,512 MiB",
        "1073741823,1024 MiB",
        "1073741824,1 GiB",
        "1074790400,1.00 GiB",
        "2040109466,1.90 GiB",
        "25275924480,23.5 GiB",
        "9223372036854775807,8388608 TiB"
    })
    void sizesHaveThreeSignificantDigits(long bytes, String text) {
        assertThat(ByteFormat.of(bytes)).isEqualTo(text);
    }
}
