package io.quern.home;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BundleTest {
    private static final String SHA256 = "0".repeat(64);

    @ParameterizedTest
    @ValueSource(strings = {"", "../evil", "a/b", ".hidden", "a b", "a\nb", "/etc/passwd", "a\\b"})
    void fileNamesCannotLeaveTheFolder(String name) {
        assertThatThrownBy(() -> new Bundle.Entry(name, 1, SHA256)).isInstanceOf(DamagedBundleException.class);
    }

    @Test
    void negativeSizesAndStrangeDigestsAreRefused() {
        assertThatThrownBy(() -> new Bundle.Entry("a", -1, SHA256)).isInstanceOf(DamagedBundleException.class);
        assertThatThrownBy(() -> new Bundle.Entry("a", 1, "abc")).isInstanceOf(DamagedBundleException.class);
    }

    @Test
    void emptyBundleIsRefused() {
        assertThatThrownBy(() -> new Bundle("b", List.of(), name -> null)).isInstanceOf(DamagedBundleException.class);
    }

    @Test
    void otherContentGetsAnotherFolder() {
        Bundle one = TestBundles.of("b", "file", "content");
        Bundle same = TestBundles.of("b", "file", "content");
        Bundle other = TestBundles.of("b", "file", "Content");
        assertThat(one.folderName())
                .startsWith("b-")
                .isEqualTo(same.folderName())
                .isNotEqualTo(other.folderName());
    }
}
