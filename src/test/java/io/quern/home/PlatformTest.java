package io.quern.home;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlatformTest {
    @TempDir
    Path temp;

    @ParameterizedTest
    @CsvSource({
        "Linux, amd64, linux-x64",
        "Linux, aarch64, linux-arm64",
        "Linux, riscv64, linux-riscv64",
        "Mac OS X, aarch64, mac-arm64",
        "Mac OS X, x86_64, mac-x64",
        "Windows Server 2025, amd64, win-x64",
        "FreeBSD, amd64, freebsd-x64"
    })
    void isNamedAfterSystemAndMachine(String osName, String osArch, String name) {
        assertThat(Platform.of(osName, osArch, temp.resolve("no-such-file")).name())
                .isEqualTo(name);
    }

    @Test
    void muslAndGlibcAreDifferentPlatforms() throws IOException {
        Path musl = Files.writeString(temp.resolve("musl"), "7f0 r-xp 0 08:01 7 /lib/ld-musl-x86_64.so.1\n");
        Path glibc = Files.writeString(temp.resolve("glibc"), "7f0 r-xp 0 08:01 7 /lib/x86_64-linux-gnu/libc.so.6\n");

        assertThat(Platform.of("Linux", "amd64", musl).name()).isEqualTo("linux-x64-musl");
        assertThat(Platform.of("Linux", "amd64", glibc).name()).isEqualTo("linux-x64");
    }
}
