package io.quern.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quern.OtherUser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@DisabledOnOs(OS.WINDOWS)
class TrustTest {
    @TempDir
    Path temp;

    private Path folder;
    private Path file;

    @BeforeEach
    void makeFile() throws IOException {
        folder = Files.createDirectory(temp.resolve("folder"));
        file = Files.createFile(folder.resolve("file"));
        mode(folder, "rwxr-xr-x");
        mode(file, "rw-r--r--");
    }

    @Test
    void fileOfThisUserIsTrusted() throws IOException {
        assertThatCode(() -> Trust.require(file)).doesNotThrowAnyException();
        assertThat(Trust.isRegular(file)).isTrue();
        assertThat(Trust.isFolder(folder)).isTrue();
        assertThatCode(() -> Trust.require(folder.resolve("none"))).doesNotThrowAnyException();
    }

    @Test
    void worldWritableFileIsRefused() throws IOException {
        mode(file, "rw-rw-rw-");
        assertThatThrownBy(() -> Trust.require(file))
                .isInstanceOf(UntrustedFileException.class)
                .hasMessageContaining(file + " can be written by everybody (mode 0666)")
                .satisfies(
                        e -> assertThat(((UntrustedFileException) e).remedy()).isEqualTo("Run: chmod go-w " + file));
        assertThat(Trust.isRegular(file)).isFalse();
    }

    @Test
    void sharedFolderIsRefusedUnlessSticky() throws IOException {
        mode(folder, "rwxrwxrwx");
        assertThatThrownBy(() -> Trust.require(file))
                .isInstanceOf(UntrustedFileException.class)
                .hasMessageContaining("could replace the files in it");
        Files.setAttribute(folder, "unix:mode", 01777);
        assertThatCode(() -> Trust.require(file)).doesNotThrowAnyException();
    }

    @Test
    void targetOfOwnLinkIsChecked() throws IOException {
        Path link = Files.createSymbolicLink(temp.resolve("link"), folder);
        assertThat(Trust.requireWay(link.resolve("file"))).isEqualTo(file.toRealPath());
        mode(file, "rw-rw-rw-");
        assertThatThrownBy(() -> Trust.require(link.resolve("file"))).isInstanceOf(UntrustedFileException.class);
        assertThat(Trust.isFolder(link)).as("the link itself is not a folder").isFalse();
    }

    @Test
    void linkOfAnotherUserIsRefused() throws IOException {
        Path link = Files.createSymbolicLink(temp.resolve("link"), folder);
        OtherUser.give(link);
        assertThat(Files.getAttribute(folder, "unix:uid", LinkOption.NOFOLLOW_LINKS))
                .isEqualTo(0);
        assertThatThrownBy(() -> Trust.require(link.resolve("file")))
                .isInstanceOf(UntrustedFileException.class)
                .hasMessageContaining(link.toString());
    }

    @Test
    void fileOrFolderOfAnotherUserIsRefused() throws IOException {
        OtherUser.give(file);
        assertThatThrownBy(() -> Trust.require(file))
                .isInstanceOf(UntrustedFileException.class)
                .hasMessageContaining(file + " belongs to user");
        Path below = Files.createDirectories(temp.resolve("other/below"));
        OtherUser.give(below.getParent());
        assertThatThrownBy(() -> Trust.require(below.resolve("none")))
                .isInstanceOf(UntrustedFileException.class)
                .hasMessageContaining(below.getParent().toString());
    }

    private static void mode(Path path, String permissions) throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
    }
}
