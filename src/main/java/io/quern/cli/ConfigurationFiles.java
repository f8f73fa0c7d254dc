package io.quern.cli;

import io.quarkus.runtime.StartupEvent;
import io.quern.jvm.NativeExecutable;
import io.smallrye.config.PropertiesConfigSourceLoader;
import io.smallrye.config.SmallRyeConfig;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.io.File;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.eclipse.microprofile.config.spi.ConfigSourceProvider;
import org.jboss.logging.Logger;

/**
 * Checks the files that configure Quern's own application. {@link BesideTheApplication} reads {@code
 * config/application.properties} in the application's folder. Quarkus reads the same file in the working directory,
 * which wins.
 */
@Singleton
final class ConfigurationFiles {
    /** Runs before anything starts, since the file may hold the keys that protect the API. */
    private static final int FIRST = 1;

    private static final String READ = "config/application.properties";

    /** Places and names that people use by mistake. */
    private static final List<String> MISTAKEN = List.of(
            "application.properties",
            "application.yaml",
            "application.yml",
            "config/application.yaml",
            "config/application.yml");

    private final SmallRyeConfig config;

    ConfigurationFiles(SmallRyeConfig config) {
        this.config = config;
    }

    void started(@Observes @Priority(FIRST) StartupEvent event) {
        // not a constant: commands use this class too, and a logger would double the time in which they start
        Logger log = Logger.getLogger(ConfigurationFiles.class);
        notRead(folders(), config.getConfigSources())
                .forEach(file -> log.warnf(
                        "%s is not read: Quern reads %s in the application's folder and in the working directory",
                        file, READ));
    }

    /**
     * Finds a problem that would prevent Quarkus from reading any configuration, and would end in a stack trace. Call
     * it before Quarkus boots.
     *
     * @return a message, or empty if there is no problem
     */
    static Optional<String> problem() {
        Charset locale = Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"), Charset.defaultCharset());
        String here = System.getProperty("user.dir");
        String program = System.getProperty("java.class.path", "");
        for (String path : List.of(here, program)) {
            if (path.indexOf('\ufffd') >= 0 || !locale.newEncoder().canEncode(path)) {
                return Optional.of("The path " + path + " cannot be decoded: this process' locale knows only " + locale
                        + ". Start it with LC_ALL=C.UTF-8.");
            }
        }
        return folders().stream()
                .map(folder -> folder.resolve(READ))
                .filter(file -> Files.isRegularFile(file) && !Files.isReadable(file))
                .findFirst()
                .map(file -> file + " cannot be read by the user of this process. Change its permissions.");
    }

    private static Set<Path> folders() {
        Set<Path> folders = new LinkedHashSet<>();
        applicationFolder().ifPresent(folders::add);
        folders.add(workingDirectory());
        return folders;
    }

    /** Returns files that look like configuration but are not read. */
    static List<Path> notRead(Set<Path> folders, Iterable<ConfigSource> sources) {
        List<Path> files = new ArrayList<>();
        for (Path folder : folders) {
            files.add(folder.resolve(READ));
            MISTAKEN.forEach(name -> files.add(folder.resolve(name)));
        }
        files.removeIf(Files::notExists);
        for (ConfigSource source : sources) {
            files.removeIf(file -> source.getName().contains(file.toUri().toString())
                    || source.getName().contains(file.toString()));
        }
        return files;
    }

    /** Returns the absolute path, or empty if this is not a packaged application, such as in tests. */
    static Optional<Path> applicationFolder() {
        Optional<String> program = NativeExecutable.isThisProcess()
                ? ProcessHandle.current().info().command()
                // not the code source: with an AOT cache that is the path of the jar at training time
                : Optional.ofNullable(System.getProperty("java.class.path"))
                        .filter(jars -> jars.endsWith(".jar") && !jars.contains(File.pathSeparator));
        return program.map(file -> Path.of(file).toAbsolutePath().normalize().getParent());
    }

    private static Path workingDirectory() {
        return Path.of(System.getProperty("user.dir"));
    }

    /**
     * Adds the file in the application's folder, with its profiles, between the working directory's file and the
     * packaged one.
     */
    public static final class BesideTheApplication implements ConfigSourceProvider {
        /** Quarkus uses 260 for the file in the working directory and 250 for the one in the jar. */
        private static final int ORDINAL = 255;

        @Override
        public List<ConfigSource> getConfigSources(ClassLoader classLoader) {
            return applicationFolder()
                    .filter(folder -> !folder.equals(workingDirectory()))
                    .map(folder -> PropertiesConfigSourceLoader.inFileSystem(
                            folder.resolve(READ).toUri().toString(), ORDINAL, classLoader))
                    .orElse(List.of());
        }
    }
}
