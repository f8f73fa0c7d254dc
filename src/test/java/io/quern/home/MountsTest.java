package io.quern.home;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MountsTest {
    @TempDir
    Path folder;

    @Test
    void innermostMountDecides() throws IOException {
        Path data = Files.createDirectory(folder.toRealPath().resolve("my data"));
        List<String> table = List.of(
                "21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw",
                "22 21 0:30 / " + folder.toRealPath() + " rw,noexec,nosuid shared:2 - tmpfs quern rw",
                "23 22 0:31 / " + folder.toRealPath() + "/my\\040data rw,relatime - tmpfs quern rw");
        assertThat(Mounts.noexec(folder.resolve("not/there/yet"), table)).contains(folder.toRealPath());
        assertThat(Mounts.noexec(data.resolve("libllama.so"), table)).isEmpty();
        assertThat(Mounts.noexec(Path.of("/"), table)).isEmpty();
    }

    @Test
    void laterMountHidesAnEarlierOne() throws IOException {
        String point = folder.toRealPath().toString();
        List<String> table = List.of(
                "22 21 0:30 / " + point + " rw,noexec - tmpfs a rw", "23 21 0:31 / " + point + " rw - tmpfs b rw");
        assertThat(Mounts.noexec(folder, table)).isEmpty();
    }

    @Test
    void linkIsFollowedToItsFileSystem() throws IOException {
        Path target = Files.createDirectory(folder.toRealPath().resolve("target"));
        Path link = Files.createSymbolicLink(folder.resolve("link"), target);
        List<String> table = List.of("22 21 0:30 / " + target + " rw,noexec - tmpfs a rw");
        assertThat(Mounts.noexec(link.resolve("file"), table)).contains(target);
    }
}
