package io.quern.libraries;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.quern.home.DamagedBundleException;
import io.quern.home.Platform;
import io.quern.home.QuernHome;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LlamaLibrariesTest {
    private static final String FOLDER = "io/quern/llama/natives/amiga-68k/";

    @TempDir
    Path temp;

    private Map<String, byte[]> resources;

    @BeforeEach
    void createLibrariesAndManifest() throws Exception {
        resources = new LinkedHashMap<>();
        StringBuilder manifest = new StringBuilder("llama: v0.5.0\n");
        for (String name : new String[] {"libllama.v0.5.0.so", "libggml-base.so"}) {
            byte[] content = ("this is " + name).getBytes(StandardCharsets.UTF_8);
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(content);
            manifest.append("file: %s %d %s%n".formatted(HexFormat.of().formatHex(digest), content.length, name));
            resources.put(FOLDER + name, content);
        }
        resources.put(FOLDER + "manifest", manifest.toString().getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void librariesInJarAreUnpacked() throws IOException {
        try (URLClassLoader jar = jar()) {
            Path folder = libraries(jar).folder();

            assertThat(folder).startsWith(temp.resolve("home")).isAbsolute();
            assertThat(folder.getFileName().toString()).startsWith("llama-amiga-68k-");
            assertThat(folder.resolve("libllama.v0.5.0.so")).hasContent("this is libllama.v0.5.0.so");
            assertThat(folder.resolve("libggml-base.so")).hasContent("this is libggml-base.so");
        }
    }

    @Test
    void librariesInFolderAreUsedInPlace() throws IOException {
        try (URLClassLoader directory = directory()) {
            assertThat(libraries(directory).folder())
                    .isEqualTo(temp.resolve("classes").resolve(FOLDER));
            assertThat(temp.resolve("home")).doesNotExist();
        }
    }

    @Test
    void missingLibraryIsNamed() throws IOException {
        resources.remove(FOLDER + "libggml-base.so");
        try (URLClassLoader jar = jar();
                URLClassLoader directory = directory()) {
            for (ClassLoader loader : new ClassLoader[] {jar, directory}) {
                assertThatThrownBy(() -> libraries(loader).folder())
                        .isInstanceOf(DamagedBundleException.class)
                        .hasMessageContaining("libggml-base.so");
            }
        }
    }

    @Test
    void brokenManifestLineIsQuoted() throws IOException {
        resources.put(FOLDER + "manifest", "file: 00 libllama.so".getBytes(StandardCharsets.UTF_8));
        try (URLClassLoader jar = jar()) {
            assertThatThrownBy(() -> libraries(jar).folder())
                    .isInstanceOf(DamagedBundleException.class)
                    .hasMessageContaining("file: 00 libllama.so");
        }
    }

    @Test
    void buildWithoutLibrariesSaysWhatToConfigure() {
        assertThatThrownBy(() -> libraries(ClassLoader.getPlatformClassLoader()).folder())
                .isInstanceOf(LlamaLibrariesException.class)
                .hasMessageContaining("amiga-68k")
                .hasMessageContaining("QUERN_LLAMA_LIBRARY");
    }

    @ParameterizedTest
    @ValueSource(strings = {"libllama.so", "libllama.so.0.5.0", "libllama.v0.5.0.so", "libllama.dylib", "llama.dll"})
    void configuredFolderIsUsed(String library) throws IOException {
        Path own = Files.createDirectories(temp.resolve("own"));
        Files.createFile(own.resolve(library));

        assertThat(configured(own).folder()).isEqualTo(own);
    }

    @ParameterizedTest
    @ValueSource(strings = {"libllama-common.so", "libggml.so", "notlibllama.so", "libllama.txt"})
    void folderWithoutLibllamaIsRefused(String file) throws IOException {
        Path own = Files.createDirectories(temp.resolve("own"));
        Files.createFile(own.resolve(file));

        assertThatThrownBy(() -> configured(own).folder())
                .isInstanceOf(LlamaLibrariesException.class)
                .hasMessageContaining(own.toString())
                .hasMessageContaining("contains no libllama");
    }

    @Test
    void libraryThatSearchesTheWorkingDirectoryIsRefused() throws IOException {
        Path bundled = new LlamaLibraries(Optional.empty(), home()).folder();
        Path own = Files.createDirectories(temp.resolve("own"));
        for (String name : new String[] {"libllama.v0.5.0.so", "libggml-base.so"}) {
            Files.copy(bundled.resolve(name), own.resolve(name));
        }
        assertThat(configured(own).folder()).as("bundled libraries").isEqualTo(own);

        // CMake pads search paths with colons
        Path padded = own.resolve("libggml-base.so");
        String content = Files.readString(padded, StandardCharsets.ISO_8859_1);
        assertThat(content).contains("$ORIGIN\0\0");
        Files.writeString(padded, content.replace("$ORIGIN\0\0", "$ORIGIN:\0"), StandardCharsets.ISO_8859_1);
        assertThatThrownBy(() -> configured(own).folder())
                .isInstanceOf(LlamaLibrariesException.class)
                .hasMessageContaining("libggml-base.so has the search path '$ORIGIN:'")
                .hasMessageContaining("patchelf --set-rpath '$ORIGIN' " + padded);

        Files.writeString(padded, content.replace("$ORIGIN\0", "ORIGINS\0"), StandardCharsets.ISO_8859_1);
        assertThatThrownBy(() -> configured(own).folder())
                .isInstanceOf(LlamaLibrariesException.class)
                .hasMessageContaining("'ORIGINS' means the working directory");

        Files.write(padded, content.substring(0, 5000).getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> configured(own).folder())
                .isInstanceOf(LlamaLibrariesException.class)
                .hasMessageContaining(own.toString());
    }

    @Test
    void bundledLibrariesSearchOnlyTheirFolder() throws IOException {
        Path folder = new LlamaLibraries(Optional.empty(), home()).folder();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                assertThat(SearchPaths.problem(file)).as(file.toString()).isEmpty();
            }
        }
    }

    @Test
    void libraryThatOthersCanWriteIsRefused() throws IOException {
        Path own = Files.createDirectories(temp.resolve("own"));
        Path library = Files.createFile(own.resolve("libllama.so"));
        Files.setPosixFilePermissions(library, PosixFilePermissions.fromString("rw-rw-rw-"));
        assertThatThrownBy(() -> configured(own).folder())
                .isInstanceOf(LlamaLibrariesException.class)
                .hasMessageContaining(library + " can be written by everybody")
                .hasMessageContaining("chmod go-w");
    }

    @Test
    void configuredPathThatIsNoFolderIsRefused() throws IOException {
        Path file = Files.createFile(temp.resolve("libllama.so"));

        assertThatThrownBy(() -> configured(file).folder())
                .isInstanceOf(LlamaLibrariesException.class)
                .hasMessageContaining("not a folder");
        assertThatThrownBy(() -> configured(temp.resolve("nowhere")).folder())
                .isInstanceOf(LlamaLibrariesException.class)
                .hasMessageContaining("missing");
    }

    @Test
    void buildContainsLibrariesOfThisPlatform() {
        assumeThat(Path.of("target/classes/io/quern/llama/natives"))
                .as("built without -DskipNatives")
                .isDirectory();

        Path folder = new LlamaLibraries(Optional.empty(), home()).folder();

        assertThat(folder)
                .isDirectoryContaining(file -> file.getFileName().toString().contains("llama.v0.5.0"));
        assertThat(folder)
                .isDirectoryContaining(file -> file.getFileName().toString().contains("ggml-base"));
        assertThat(folder).isDirectoryNotContaining("glob:**/*{common,addon}*");
    }

    private LlamaLibraries libraries(ClassLoader loader) {
        return new LlamaLibraries(Optional.empty(), home(), loader, new Platform("amiga-68k"));
    }

    private LlamaLibraries configured(Path folder) {
        return new LlamaLibraries(Optional.of(folder), home());
    }

    private QuernHome home() {
        return QuernHome.locate(Optional.of(temp.resolve("home")));
    }

    private URLClassLoader jar() throws IOException {
        Path file = temp.resolve("application.jar");
        try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(file))) {
            for (Map.Entry<String, byte[]> resource : resources.entrySet()) {
                jar.putNextEntry(new JarEntry(resource.getKey()));
                jar.write(resource.getValue());
            }
        }
        return new URLClassLoader(new URL[] {file.toUri().toURL()}, null);
    }

    private URLClassLoader directory() throws IOException {
        Path classes = temp.resolve("classes");
        for (Map.Entry<String, byte[]> resource : resources.entrySet()) {
            Path file = classes.resolve(resource.getKey());
            Files.createDirectories(file.getParent());
            Files.write(file, resource.getValue());
        }
        return new URLClassLoader(new URL[] {classes.toUri().toURL()}, null);
    }
}
