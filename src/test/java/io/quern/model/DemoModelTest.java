package io.quern.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.quern.home.ClassPathFolder;
import io.quern.home.QuernHome;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoModelTest {
    private static final long MAX_BYTES = 8L << 20;

    @TempDir
    Path folder;

    @Test
    void demoIsSmallAndMatchesItsManifest() throws Exception {
        Path file = demo(DemoModelTest.class.getClassLoader()).file();
        byte[] content = Files.readAllBytes(file);
        String digest =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        assertThat(content).hasSizeLessThanOrEqualTo((int) MAX_BYTES);
        assertThat(ClassPathFolder.find(DemoModelTest.class.getClassLoader(), "io/quern/model/demo")
                        .orElseThrow()
                        .bundle("demo")
                        .entries())
                .singleElement()
                .satisfies(entry -> assertThat(entry.sha256()).isEqualTo(digest));
    }

    @Test
    void containsItsOwnChatTemplate() {
        GgufMetadata metadata =
                GgufMetadata.read(demo(DemoModelTest.class.getClassLoader()).file());
        assertThat(metadata.architecture()).hasValue("llama");
        assertThat(metadata.chatTemplate()).isPresent();
    }

    @Test
    void recommendsGreedySampling() {
        GgufMetadata metadata =
                GgufMetadata.read(demo(DemoModelTest.class.getClassLoader()).file());
        assertThat(metadata.recommendedSampling().text()).isEqualTo("temperature 0");
    }

    @Test
    void buildWithoutDemoSaysWhatToDo() throws IOException {
        try (URLClassLoader empty = new URLClassLoader(new URL[0], null)) {
            assertThatExceptionOfType(ModelFileException.class)
                    .isThrownBy(demo(empty)::file)
                    .withMessageContainingAll("no demo model", "QUERN_MODEL=", "src/scripts/fetch-smollm2");
        }
    }

    private DemoModel demo(ClassLoader loader) {
        return new DemoModel(loader, QuernHome.locate(Optional.of(folder)));
    }
}
