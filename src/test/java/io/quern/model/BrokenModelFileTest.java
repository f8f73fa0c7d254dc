package io.quern.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Each message names the file, the problem and the remedy. */
class BrokenModelFileTest {
    @TempDir
    Path folder;

    @Test
    void missingFileIsRefused() {
        refused(folder.resolve("no.gguf"), "no.gguf: it does not exist. Check the path in quern.model");
    }

    @Test
    void directoryIsRefused() {
        refused(folder, "it is a directory. Set quern.model (QUERN_MODEL) to the .gguf file in it");
    }

    /** Opening it would wait for a writer forever. */
    @Test
    @Timeout(20)
    @EnabledOnOs(OS.LINUX)
    void pipeIsRefusedWithoutOpeningIt() throws Exception {
        Path pipe = folder.resolve("pipe.gguf");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        refused(pipe, "it is not a regular file but a pipe (FIFO). Set quern.model (QUERN_MODEL) to a .gguf file");
        refused(
                Files.createSymbolicLink(folder.resolve("link.gguf"), pipe),
                "it is not a regular file but a pipe (FIFO)");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void devicesAndSocketsAreRefused() throws IOException {
        refused(
                Path.of("/dev/zero"),
                "it is not a regular file but a device. Set quern.model (QUERN_MODEL) to a .gguf file");
        Path socket = folder.resolve("s.gguf");
        try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listener.bind(UnixDomainSocketAddress.of(socket));
            refused(socket, "it is not a regular file but a socket. Set quern.model (QUERN_MODEL) to a .gguf file");
        }
    }

    @Test
    void unreadableFileIsRefused() throws IOException {
        Path file = write(GgufFixture.complete().bytes());
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("-wx------"));
        assumeFalse(Files.isReadable(file), "root may read everything");
        refused(file, "it cannot be read by user");
    }

    @Test
    void emptyFileIsRefused() throws IOException {
        refused(write(new byte[0]), "it is empty. Fetch it again");
    }

    static Stream<Arguments> otherKinds() {
        return Stream.of(
                Arguments.of("\u0089PNG\r\n\u001a\n", "a PNG image"),
                Arguments.of("\u00ff\u00d8\u00ff\u00e0", "a JPEG image"),
                Arguments.of("PK\u0003\u0004\u0014", "a ZIP archive"),
                Arguments.of("\u001f\u008b\b", "a gzip archive"),
                Arguments.of("%PDF-1.7", "a PDF document"),
                Arguments.of("\u007fELF\u0002", "an ELF program"),
                Arguments.of("tjgg\u0003", "used before GGUF"),
                Arguments.of("\n <!DOCTYPE html><html>", "an HTML page"),
                Arguments.of("version https://git-lfs.github.com/spec/v1", "a Git LFS pointer"),
                Arguments.of("\u0040\u0001\0\0\0\0\0\0{\"__metadata__\":", "a safetensors file"),
                Arguments.of("{\"a\": 1}", "JSON text"),
                Arguments.of("G", "byte 1 within its header"),
                Arguments.of("hello", "begins with the bytes 68 65 6c 6c 6f"));
    }

    @ParameterizedTest
    @MethodSource("otherKinds")
    void otherFileFormatsAreNamed(String content, String kind) throws IOException {
        refused(write(content.getBytes(StandardCharsets.ISO_8859_1)), kind);
    }

    @ParameterizedTest
    @CsvSource({
        "1, 'it has GGUF version 1, but only versions 2 and 3 are supported'",
        "4, 'it has GGUF version 4, but only versions 2 and 3 are supported'",
        "0, it has GGUF version 0",
        "-1, it has GGUF version 4294967295",
        "50331648, is a GGUF file for big-endian machines"
    })
    void otherGgufVersionIsRefused(int version, String problem) throws IOException {
        refused(write(GgufFixture.complete().version(version).bytes()), problem);
    }

    @Test
    void truncationInHeaderIsRefused() throws IOException {
        refused(
                write(Arrays.copyOf(GgufFixture.complete().bytes(), 230)),
                "ends at byte 230 within its header: metadata key 5's length at byte 207 is 22, but only 15 bytes"
                        + " follow",
                "fetch it again");
    }

    @Test
    void truncationInTensorsIsRefused() throws IOException {
        byte[] bytes = GgufFixture.complete().bytes();
        refused(
                write(Arrays.copyOf(bytes, bytes.length - 1)),
                "it is truncated: it has " + (bytes.length - 1) + " bytes, but its header announces at least "
                        + bytes.length);
    }

    @Test
    void impossibleCountsAreRefused() throws IOException {
        refused(
                write(GgufFixture.complete().claimEntries(1L << 40).bytes()),
                "the number of metadata keys at byte 16 is 1099511627776, more than 65536");
        refused(
                write(GgufFixture.complete().claimEntries(60_000).bytes()),
                "the number of metadata keys at byte 16 is 60000, but only");
        refused(
                write(GgufFixture.complete().claimTensors(-1).bytes()),
                "the number of tensors at byte 8 is 18446744073709551615, more than 1000000");
    }

    @Test
    void unknownTypeOfValueIsRefused() throws IOException {
        refused(write(new GgufFixture().entry("k", 13, new byte[8]).bytes()), "the type of k at byte 33 is 13");
    }

    @Test
    void arrayOfArraysIsRefused() throws IOException {
        byte[] value = GgufFixture.littleEndian(12).putInt(9).putLong(0).array();
        refused(write(new GgufFixture().entry("k", 9, value).bytes()), "k is an array of arrays");
    }

    @Test
    void duplicateNamesAreRefused() throws IOException {
        refused(write(new GgufFixture().u32("k", 1).u32("k", 1).bytes()), "the metadata key k occurs twice");
        refused(
                write(new GgufFixture()
                        .tensor("t", 0, 4, 1)
                        .tensor("t", 0, 4, 1)
                        .bytes()),
                "the tensor t occurs twice");
    }

    @Test
    void impossibleTensorsAreRefused() throws IOException {
        refused(
                write(new GgufFixture().tensorAt("t", 0, 0, 1L << 40, 1L << 40).bytes()),
                "t has impossible dimensions");
        refused(write(new GgufFixture().tensorAt("t", 0, 0, -4).bytes()), "t has impossible dimensions");
        refused(write(new GgufFixture().tensorAt("t", 0, 0, 1L << 62).bytes()), "t would be larger than any file");
        refused(write(new GgufFixture().tensorAt("t", 0, 1L << 62, 4).bytes()), "it is truncated");
        refused(write(new GgufFixture().tensorAt("t", 0, 1, 4).bytes()), "not a multiple of the alignment 32");
        refused(
                write(new GgufFixture().tensorAt("t", 2, 0, 31).bytes()),
                "rows of 31 elements, which is not a multiple of Q4_0's 32");
        refused(write(new GgufFixture().tensorAt("t", 0, 0, 1, 1, 1, 1, 1).bytes()), "t has 5 dimensions, more than 4");
        refused(
                write(new GgufFixture()
                        .u32("general.alignment", 24)
                        .tensor("t", 0, 4, 1)
                        .bytes()),
                "not a power of two");
    }

    @Test
    void tensorOfUnknownTypeIsNotMeasured() throws IOException {
        Path file = write(new GgufFixture().tensorAt("t", 4711, 0, 1L << 40).bytes());
        assertThat(GgufMetadata.read(file).tensorCount()).isEqualTo(1);
    }

    private Path write(byte[] bytes) throws IOException {
        return Files.write(folder.resolve("model.gguf"), bytes);
    }

    private static void refused(Path file, String... parts) {
        assertThatExceptionOfType(ModelFileException.class)
                .isThrownBy(() -> GgufMetadata.read(file))
                .satisfies(e -> assertThat(e.getMessage())
                        .startsWith("Cannot use model " + file + ": ")
                        .contains(parts));
    }
}
