package io.quern.probe;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AmdGpusTest {

    @ParameterizedTest
    @CsvSource({
        "90010, gfx90a",
        "90402, gfx942",
        "90500, gfx950",
        "100300, gfx1030",
        "110001, gfx1101",
        "120001, gfx1201",
        "80003, gfx803",
        "0, ''"
    })
    void architectureIsNamedAsInRocm(long version, String name) {
        assertThat(AmdGpus.architecture(version)).isEqualTo(name);
    }
}
