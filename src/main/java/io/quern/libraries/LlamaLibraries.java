package io.quern.libraries;

import io.quern.files.Trust;
import io.quern.files.UntrustedFileException;
import io.quern.home.ClassPathFolder;
import io.quern.home.Mounts;
import io.quern.home.Platform;
import io.quern.home.QuernHome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Finds the folder with llama.cpp's libraries for workers: the configured one, or the libraries bundled with the
 * application. The worker checks their version when it loads them.
 */
public final class LlamaLibraries {
    private static final String RESOURCES = "io/quern/llama/natives/";
    /** libllama.so, libllama.so.0.5.0, libllama.v0.5.0.so, libllama.dylib, llama.dll; not libllama-common.so */
    private static final Pattern LIBLLAMA = Pattern.compile("(lib)?llama(\\.[\\w.]+)?\\.(so|dylib|dll)(\\.[\\d.]+)?");

    private static final Pattern LIBRARY = Pattern.compile(".*\\.(so|dylib|dll)(\\.[\\d.]+)?");

    private static final String OWN =
            "Set quern.llama.library (QUERN_LLAMA_LIBRARY) to a folder with llama.cpp's libraries";

    private final Optional<Path> configured;
    private final QuernHome home;
    private final ClassLoader loader;
    private final Platform platform;

    /**
     * @param configured {@code quern.llama.library}: a folder that contains libllama and the libraries it needs
     * @param home the home, to which the bundled libraries are unpacked
     */
    public LlamaLibraries(Optional<Path> configured, QuernHome home) {
        this(configured, home, LlamaLibraries.class.getClassLoader(), Platform.ofThisProcess());
    }

    LlamaLibraries(Optional<Path> configured, QuernHome home, ClassLoader loader, Platform platform) {
        this.configured = configured;
        this.home = home;
        this.loader = loader;
        this.platform = platform;
    }

    /**
     * Returns the folder. Unpacks the bundled libraries once per version of Quern and home folder, and blocks
     * meanwhile.
     *
     * @return an absolute path
     * @throws LlamaLibrariesException if there are no libraries, the configured folder contains none, another user
     *     could change one, one would load libraries from the working directory, or the file system does not allow
     *     execution
     * @throws io.quern.home.HomeException if they cannot be unpacked
     * @throws io.quern.home.DamagedBundleException if the bundled libraries are damaged
     */
    public Path folder() {
        Path folder = configured.map(LlamaLibraries::checked).orElseGet(this::bundled);
        Mounts.noexec(folder).ifPresent(mount -> {
            throw new LlamaLibrariesException("Cannot start workers: " + name(folder)
                    + " is on a file system mounted noexec (" + mount + "), so llama.cpp cannot be loaded from it. Set "
                    + name(folder) + " to another folder.");
        });
        return folder;
    }

    /** Returns the setting that determines the folder. */
    private String name(Path folder) {
        if (configured.isPresent()) {
            return "quern.llama.library";
        }
        return home.prepared().filter(folder::startsWith).isPresent() ? "quern.prepared" : "QUERN_HOME";
    }

    private static Path checked(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new LlamaLibrariesException("quern.llama.library is " + folder.toAbsolutePath() + ", which is "
                    + (Files.exists(folder) ? "not a folder" : "missing") + ". " + OWN);
        }
        try (Stream<Path> files = Files.list(folder)) {
            if (files.noneMatch(
                    file -> LIBLLAMA.matcher(file.getFileName().toString()).matches() && Files.isRegularFile(file))) {
                throw new LlamaLibrariesException("quern.llama.library is " + folder.toAbsolutePath()
                        + ", which contains no libllama (libllama*.so, libllama*.dylib, llama*.dll). " + OWN);
            }
        } catch (IOException e) {
            throw new LlamaLibrariesException(
                    "quern.llama.library is " + folder.toAbsolutePath() + ", which cannot be read: " + e.getMessage());
        }
        Path absolute = folder.toAbsolutePath().normalize();
        checkContent(absolute);
        return absolute;
    }

    /** Refuses libraries that another user could change, since they run with the workers' rights. */
    private static void checkContent(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            Trust.require(folder);
            for (Path file : files.filter(LlamaLibraries::isLibrary).sorted().toList()) {
                Trust.require(file);
                Optional<String> problem = SearchPaths.problem(file);
                if (problem.isPresent()) {
                    throw new LlamaLibrariesException("Cannot load quern.llama.library (" + folder + "): "
                            + problem.get() + ", so anyone who can write there could run code in a worker. Install the"
                            + " libraries with cmake --install, or run: patchelf --set-rpath '$ORIGIN' " + file);
                }
            }
        } catch (UntrustedFileException e) {
            throw new LlamaLibrariesException("Cannot load quern.llama.library (" + folder + "): " + e.text());
        } catch (IOException e) {
            throw new LlamaLibrariesException(
                    "quern.llama.library is " + folder + ", which cannot be read: " + e.getMessage());
        }
    }

    private static boolean isLibrary(Path file) {
        return LIBRARY.matcher(file.getFileName().toString()).matches() && Files.isRegularFile(file);
    }

    private Path bundled() {
        ClassPathFolder resources = ClassPathFolder.find(loader, RESOURCES + platform.name())
                .orElseThrow(() -> new LlamaLibrariesException(
                        "this build of Quern contains no llama.cpp libraries for " + platform.name() + ". " + OWN
                                + ", or build Quern on this platform without -DskipNatives"));
        return home.lay(resources, "llama-" + platform.name());
    }
}
