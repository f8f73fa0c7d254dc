package io.quern.home;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class HomeLocationTest {

    @Test
    void linuxUsesCacheFolderOfUser() {
        assertThat(new HomeLocation("Linux", Map.of(), "/home/ada").folder())
                .isEqualTo(Path.of("/home/ada/.cache/quern"));
    }

    @Test
    void xdgVariableMovesTheFolder() {
        assertThat(new HomeLocation("Linux", Map.of("XDG_CACHE_HOME", "/fast"), "/home/ada").folder())
                .isEqualTo(Path.of("/fast/quern"));
    }

    @Test
    void relativeXdgVariableIsIgnored() {
        assertThat(new HomeLocation("Linux", Map.of("XDG_CACHE_HOME", "cache"), "/home/ada").folder())
                .isEqualTo(Path.of("/home/ada/.cache/quern"));
    }

    @Test
    void macUsesLibraryCaches() {
        assertThat(new HomeLocation("Mac OS X", Map.of("XDG_CACHE_HOME", "/fast"), "/Users/ada").folder())
                .isEqualTo(Path.of("/Users/ada/Library/Caches/quern"));
    }

    @Test
    void windowsUsesLocalAppData() {
        assertThat(new HomeLocation("Windows 11", Map.of("LOCALAPPDATA", "/local"), "/ada").folder())
                .isEqualTo(Path.of("/local/quern"));
        assertThat(new HomeLocation("Windows 11", Map.of(), "/ada").folder())
                .isEqualTo(Path.of("/ada/AppData/Local/quern"));
    }

    @Test
    void userWithoutHomeIsAskedForAFolder() {
        assertThatThrownBy(() -> new HomeLocation("Linux", Map.of(), "?").folder())
                .isInstanceOf(HomeException.class)
                .hasMessageContaining("not known")
                .hasMessageContaining("QUERN_HOME");
    }

    @Test
    void configuredFolderWinsAndBecomesAbsolute() {
        assertThat(QuernHome.locate(Optional.of(Path.of("some/../where"))).folder())
                .isEqualTo(Path.of("where").toAbsolutePath());
    }
}
