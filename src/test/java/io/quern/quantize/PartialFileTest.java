package io.quern.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.quern.quantize.QuantizeException.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PartialFileTest {
    @TempDir
    Path folder;

    private Path target;

    @BeforeEach
    void name() {
        target = folder.resolve("model.gguf");
    }

    @Test
    void publishedFileHasItsNameAndNoOther() throws IOException {
        try (PartialFile file = PartialFile.create(target, false)) {
            Files.writeString(file.path(), "whole");
            assertThat(target).doesNotExist();
            file.publish();
        }
        assertThat(target).hasContent("whole");
        assertThat(names()).containsExactly("model.gguf");
    }

    @Test
    void unpublishedFileLeavesNothing() throws IOException {
        try (PartialFile file = PartialFile.create(target, false)) {
            Files.writeString(file.path(), "half");
        }
        assertThat(names()).isEmpty();
    }

    @Test
    void fileThatAppearedMeanwhileIsKept() throws IOException {
        try (PartialFile file = PartialFile.create(target, false)) {
            Files.writeString(file.path(), "new");
            Files.writeString(target, "of another process");
            refused(Problem.FAILED, target + " exists already.", file::publish);
        }
        assertThat(target).hasContent("of another process");
        assertThat(names()).containsExactly("model.gguf");
    }

    @Test
    void existingFileIsReplacedOnlyIfAskedFor() throws IOException {
        Files.writeString(target, "old");
        refused(Problem.FAILED, target + " exists already.", () -> PartialFile.check(target, false));
        try (PartialFile file = PartialFile.create(target, true)) {
            Files.writeString(file.path(), "new");
            assertThat(target).hasContent("old");
            file.publish();
        }
        assertThat(target).hasContent("new");
    }

    @Test
    void linkToNothingCountsAsExisting() throws IOException {
        Files.createSymbolicLink(target, folder.resolve("nothing"));
        refused(Problem.FAILED, target + " exists already.", () -> PartialFile.check(target, false));
    }

    @Test
    void filesOfEndedProcessesAreDeletedAndOthersKept() throws Exception {
        Process ended = new ProcessBuilder("true").start();
        ended.waitFor();
        long living = ProcessHandle.current().parent().orElseThrow().pid();
        Files.createFile(folder.resolve(".model.gguf." + ended.pid() + ".quantizing"));
        Files.createFile(folder.resolve(".model.gguf." + living + ".quantizing"));
        Files.createFile(folder.resolve(".other.gguf." + ended.pid() + ".quantizing"));
        try (PartialFile file = PartialFile.create(target, false)) {
            assertThat(file.path()).isEmptyFile();
        }
        assertThat(names())
                .containsExactlyInAnyOrder(
                        ".model.gguf." + living + ".quantizing", ".other.gguf." + ended.pid() + ".quantizing");
    }

    @Test
    void folderIsNoFile() {
        refused(Problem.USAGE, folder + " is a folder.", () -> PartialFile.check(folder, true));
    }

    @Test
    void missingFolderIsNamed() {
        Path missing = folder.resolve("none");
        refused(
                Problem.FAILED,
                "Cannot write " + missing.resolve("a.gguf") + ": there is no folder " + missing,
                () -> PartialFile.check(missing.resolve("a.gguf"), false));
    }

    @Test
    void readOnlyFolderIsNamed() throws IOException {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("r-xr-xr-x"));
        try {
            // root may write everywhere
            assumeFalse(Files.isWritable(folder));
            refused(Problem.FAILED, "Cannot write " + target + ": user ", () -> PartialFile.check(target, false));
        } finally {
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    private static void refused(Problem problem, String message, Runnable action) {
        assertThatExceptionOfType(QuantizeException.class)
                .isThrownBy(action::run)
                .withMessageStartingWith(message)
                .satisfies(e -> assertThat(e.problem()).isEqualTo(problem));
    }
}
