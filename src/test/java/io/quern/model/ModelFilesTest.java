package io.quern.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFilesTest {
    @TempDir
    Path folder;

    @Test
    void folderHoldsModelsByNameAndFirstParts() throws IOException {
        for (String name : new String[] {
            "b.gguf",
            "a.gguf",
            "split-00001-of-00002.gguf",
            "split-00002-of-00002.gguf",
            "mmproj-a-f16.gguf",
            "readme.md"
        }) {
            Files.createFile(folder.resolve(name));
        }
        Files.createDirectory(folder.resolve("folder.gguf"));
        assertThat(ModelFiles.in(folder))
                .extracting(file -> file.getFileName().toString())
                .containsExactly("a.gguf", "b.gguf", "split-00001-of-00002.gguf");
        assertThat(ModelFiles.isFolderOfModels(folder)).isTrue();
    }

    @Test
    void folderWithoutModelsIsNone() throws IOException {
        Files.createFile(folder.resolve("readme.md"));
        assertThat(ModelFiles.isFolderOfModels(folder)).isFalse();
        assertThat(ModelFiles.isFolderOfModels(folder.resolve("readme.md"))).isFalse();
    }
}
