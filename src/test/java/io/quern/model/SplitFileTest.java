package io.quern.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SplitFileTest {
    private static final int U16 = 2;

    @TempDir
    Path folder;

    private Path first;
    private Path second;
    private Path third;

    @BeforeEach
    void write() throws IOException {
        first = write(1, part(0, 3).text("general.architecture", "llama").tensor("a", GgufFixture.F32, 256, 64));
        second = write(2, part(1, 3).tensor("b", GgufFixture.Q4_0, 18 * 4, 64, 2));
        third = write(3, part(2, 3).tensor("c", GgufFixture.F32, 512, 128));
    }

    @Test
    void allPartsAreCounted() throws IOException {
        GgufMetadata model = GgufMetadata.read(first);
        assertThat(model.fileSize()).isEqualTo(Files.size(first) + Files.size(second) + Files.size(third));
        assertThat(model.tensorCount()).isEqualTo(3);
        assertThat(model.parameterCount()).isEqualTo(64 + 128 + 128);
        assertThat(model.architecture()).hasValue("llama");
        ModelMemory memory = ModelMemory.of(model);
        assertThat(memory.weights()).isEqualTo(model.fileSize());
        assertThat(memory.quantised()).isEqualTo(18 * 4);
    }

    @Test
    void missingPartIsNamed() throws IOException {
        Files.delete(third);
        refused(first, "is the first of 3 files, but part 3 is missing: " + third + " does not exist");
    }

    @Test
    void laterPartIsRefusedWithNameOfFirst() {
        refused(second, "is part 2 of a model in 3 files. Set quern.model (QUERN_MODEL) to the first part, " + first);
    }

    @Test
    void brokenPartIsNamed() throws IOException {
        byte[] bytes = Files.readAllBytes(second);
        Files.write(second, Arrays.copyOf(bytes, bytes.length - 1));
        assertThatExceptionOfType(ModelFileException.class)
                .isThrownBy(() -> GgufMetadata.read(first))
                .withMessageStartingWith("Cannot use model " + second + ": it is truncated");
    }

    @Test
    void partOfAnotherModelIsRefused() throws IOException {
        Files.copy(third, second, StandardCopyOption.REPLACE_EXISTING);
        assertThatExceptionOfType(ModelFileException.class)
                .isThrownBy(() -> GgufMetadata.read(first))
                .withMessageStartingWith("Cannot use model " + second + ": it is not part 2 of 3 of this model");
        write(2, part(1, 3));
        refused(first, "announces 3 tensors, but its 3 parts contain 2");
    }

    @Test
    void renamedPartIsRefused() throws IOException {
        Path renamed = Files.move(first, folder.resolve("model.gguf"));
        refused(renamed, "is part 1 of a model in 3 files, but its name does not end in -00001-of-00003.gguf");
    }

    @Test
    void nameOfSplitModelOmitsPartNumber() {
        assertThat(SplitFile.nameOfWhole("big-00001-of-00003.gguf")).isEqualTo("big");
        assertThat(SplitFile.nameOfWhole("model-1-of-2.gguf")).isEqualTo("model-1-of-2.gguf");
    }

    private static GgufFixture part(int number, int count) {
        return new GgufFixture()
                .entry(
                        "split.no",
                        U16,
                        GgufFixture.littleEndian(2).putShort((short) number).array())
                .entry(
                        "split.count",
                        U16,
                        GgufFixture.littleEndian(2).putShort((short) count).array())
                .u32("split.tensors.count", 3);
    }

    private Path write(int number, GgufFixture part) throws IOException {
        return Files.write(folder.resolve("model-0000" + number + "-of-00003.gguf"), part.bytes());
    }

    private static void refused(Path file, String message) {
        assertThatExceptionOfType(ModelFileException.class)
                .isThrownBy(() -> GgufMetadata.read(file))
                .withMessageStartingWith("Cannot use model " + file + ": it " + message);
    }
}
