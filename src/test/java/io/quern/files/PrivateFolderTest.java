package io.quern.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quern.OtherUser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@DisabledOnOs(OS.WINDOWS)
class PrivateFolderTest {
    @TempDir
    Path temp;

    @Test
    void createdFoldersArePrivate() throws IOException {
        Path made = PrivateFolder.make(temp.resolve("a/b"));
        assertThat(mode(made)).isEqualTo("rwx------");
        assertThat(mode(made.getParent())).isEqualTo("rwx------");
    }

    @Test
    void openFolderOfThisUserIsClosed() throws IOException {
        Path folder = Files.createDirectory(temp.resolve("open"));
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThat(mode(PrivateFolder.make(folder))).isEqualTo("rwx------");
    }

    @Test
    void linkInPlaceOfFolderIsRefused() throws IOException {
        Path target = Files.createDirectory(temp.resolve("target"));
        Path link = Files.createSymbolicLink(temp.resolve("link"), target);
        assertThatThrownBy(() -> PrivateFolder.make(link)).isInstanceOf(UntrustedFileException.class);
    }

    @Test
    void takenNameGetsStableSubstitute() throws IOException {
        Path shared = Files.createDirectory(temp.resolve("shared"));
        Files.setAttribute(shared, "unix:mode", 01777);
        Path usual = PrivateFolder.in(shared);
        assertThat(usual).isEqualTo(PrivateFolder.nameIn(shared));
        assertThat(PrivateFolder.in(shared)).isEqualTo(usual);
        OtherUser.give(usual);
        Path substitute = PrivateFolder.in(shared);
        assertThat(substitute).isNotEqualTo(usual);
        assertThat(mode(substitute)).isEqualTo("rwx------");
        assertThat(PrivateFolder.in(shared)).isEqualTo(substitute);
    }

    @Test
    void deletesLinksAndNotWhatTheyPointTo() throws IOException {
        Path target = Files.createDirectory(temp.resolve("target"));
        Path precious = Files.createFile(target.resolve("precious"));
        Path folder = Files.createDirectory(temp.resolve("folder"));
        Files.createSymbolicLink(folder.resolve("link"), precious);
        PrivateFolder.delete(folder);
        assertThat(folder).doesNotExist();

        Path link = Files.createSymbolicLink(temp.resolve("link"), target);
        assertThatThrownBy(() -> PrivateFolder.delete(link)).isInstanceOf(IOException.class);
        assertThat(precious).exists();
    }

    @Test
    void writesFilesThatOnlyTheOwnerReads() throws IOException {
        Path file = temp.resolve("file");
        PrivateFolder.write(file, "1\n");
        PrivateFolder.append(file, "2\n");
        assertThat(file).hasContent("1\n2\n");
        assertThat(mode(file)).isEqualTo("rw-------");

        Path target = Files.createFile(temp.resolve("target"));
        Path link = Files.createSymbolicLink(temp.resolve("link"), target);
        assertThatThrownBy(() -> PrivateFolder.append(link, "3\n")).isInstanceOf(IOException.class);
        assertThat(target).isEmptyFile();
    }

    @Test
    void changedFileBreaksSealDespiteOldTime() throws IOException {
        Path file = Files.writeString(temp.resolve("file"), "right");
        Path seal = temp.resolve("seal");
        assertThat(Seal.holds(seal, List.of(file))).isFalse();
        Seal.write(seal, List.of(file));
        assertThat(Seal.holds(seal, List.of(file))).isTrue();

        FileTime time = Files.getLastModifiedTime(file);
        Object changed = Files.getAttribute(file, "unix:ctime");
        while (Files.getAttribute(file, "unix:ctime").equals(changed)) {
            // the kernel updates its clock for files every few milliseconds
            Files.writeString(file, "wrong");
            Files.setLastModifiedTime(file, time);
        }
        assertThat(Seal.holds(seal, List.of(file))).isFalse();
    }

    @Test
    void sealOfAnotherUserDoesNotHold() throws IOException {
        Path file = Files.writeString(temp.resolve("file"), "right");
        Path seal = temp.resolve("seal");
        Seal.write(seal, List.of(file));
        OtherUser.give(seal);
        assertThat(Seal.holds(seal, List.of(file))).isFalse();
    }

    private static String mode(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS));
    }
}
