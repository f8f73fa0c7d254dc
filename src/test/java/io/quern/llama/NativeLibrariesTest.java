package io.quern.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeLibrariesTest {
    @TempDir
    Path folder;

    @Test
    void librariesAreFoundUnderAllKnownNames() throws IOException {
        for (String suffix : new String[] {".so", ".v0.5.0.so", ".cuda.v0.5.0.so", ".dylib"}) {
            Path build = Files.createDirectory(folder.resolve("build" + suffix));
            Path ggml = Files.createFile(build.resolve("libggml" + suffix));
            Path llama = Files.createFile(build.resolve("libllama" + suffix));
            Files.createFile(build.resolve("libggml-cuda.so"));
            Files.createFile(build.resolve("libllama-common.so"));
            NativeLibraries found = NativeLibraries.in(build);
            assertThat(found.ggml()).contains(ggml);
            assertThat(found.llama()).contains(llama);
            assertThat(found.base()).isEmpty();
        }
    }

    @Test
    void folderWithoutLibrariesIsRefused() {
        assertThatThrownBy(() -> NativeLibraries.in(folder).open())
                .isInstanceOf(LlamaException.class)
                .hasMessageContaining("no libggml-base in " + folder)
                .hasMessageContaining("quern.llama.library");
    }

    @Test
    void fileThatIsNotALibraryIsRefused() throws IOException {
        Files.writeString(folder.resolve("libggml-base.so"), "not a library");
        assertThatThrownBy(() -> NativeLibraries.in(folder).open())
                .isInstanceOf(LlamaException.class)
                .hasMessageContaining("cannot open " + folder.resolve("libggml-base.so"))
                .hasMessageContaining("file too short");
    }
}
