package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** An application that embeds Quern, {@code src/it/consumer}. Maven builds it with the library jar of this build. */
final class ConsumerApplication {
    private static final Path TARGET = Path.of("target");
    // two test JVMs may build it at the same time
    private static final Path FOLDER = TARGET.resolve("consumer-" + System.getProperty("tests.fork"));
    private static final String VERSION = System.getProperty("tests.version");
    private static final String PLATFORM = System.getProperty("tests.quarkus-version");
    private static final long MINUTES = 10;

    /** The path of one of its endpoints within the project. */
    static final String ORDERS = "src/main/java/org/example/consumer/Orders.java";

    /** The path of a test that asks the model a question. */
    static final String TEST = "src/test/java/org/example/consumer/QuestionsTest.java";

    private ConsumerApplication() {}

    /** Returns the source file of one of its classes. */
    static Path source(String name) {
        return Path.of("src/it/consumer", ORDERS.replace("Orders", name));
    }

    static Path libraryJar() {
        return TARGET.resolve("quern-" + VERSION + "-library.jar");
    }

    /** @return the folder with the packaged application */
    static Path build() throws IOException, InterruptedException {
        Path repository = installLibrary();
        Path log = FOLDER.resolve("build.log");
        List<String> command = new ArrayList<>(
                List.of(Path.of("mvnw").toAbsolutePath().toString(), "-B", "-ntp", "-f", "src/it/consumer/pom.xml"));
        command.addAll(options(repository, FOLDER));
        command.addAll(List.of("-DskipTests", "package"));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().keySet().removeIf(name -> name.startsWith("QUERN_") || name.startsWith("QUARKUS_"));
        Process maven = builder.start();
        if (!maven.waitFor(MINUTES, TimeUnit.MINUTES)) {
            maven.destroyForcibly();
        }
        assertThat(maven.waitFor())
                .as("Maven's exit code; its output: %s", Files.readString(log))
                .isZero();
        return FOLDER.resolve("quarkus-app");
    }

    /**
     * Starts a copy of it in dev mode. The copy contains only endpoints and a test; without the main class it runs
     * until it is stopped.
     *
     * @param options further options of Maven
     */
    static EngineProcess develop(Path copy, Map<String, String> environment, String... options) throws IOException {
        Path from = Path.of("src/it/consumer");
        for (String file : List.of(ORDERS, ORDERS.replace("Orders", "Questions"), TEST)) {
            Files.createDirectories(copy.resolve(file).getParent());
            Files.copy(from.resolve(file), copy.resolve(file));
        }
        // with versions in the file, because continuous testing reads it again without the command line's options
        Files.writeString(
                copy.resolve("pom.xml"),
                Files.readString(from.resolve("pom.xml"))
                        .replace("<library.version/>", "<library.version>" + VERSION + "</library.version>")
                        .replace("<platform.version/>", "<platform.version>" + PLATFORM + "</platform.version>")
                        .replace("<directory>${build.folder}</directory>", ""));
        List<String> all = new ArrayList<>(repository(installLibrary()));
        all.addAll(List.of(options));
        return EngineProcess.develop(copy, environment, all);
    }

    private static List<String> options(Path repository, Path target) {
        List<String> options = new ArrayList<>(repository(repository));
        options.addAll(List.of(
                "-Dbuild.folder=" + target.toAbsolutePath(),
                "-Dlibrary.version=" + VERSION,
                "-Dplatform.version=" + PLATFORM));
        return options;
    }

    /** Returns options for a separate repository that falls back to the user's one, without writing to that. */
    private static List<String> repository(Path repository) {
        return List.of(
                "-Dmaven.repo.local=" + repository.toAbsolutePath(),
                "-Dmaven.repo.local.tail=" + System.getProperty("tests.local-repository"));
    }

    /** Installs the library like Maven's {@code install}, but in a repository below target. */
    private static Path installLibrary() throws IOException {
        Path repository = FOLDER.resolve("repository");
        Path place = Files.createDirectories(repository.resolve("io/quern/quern/" + VERSION));
        Files.copy(Path.of("pom.xml"), place.resolve("quern-" + VERSION + ".pom"), StandardCopyOption.REPLACE_EXISTING);
        Files.copy(libraryJar(), place.resolve(libraryJar().getFileName()), StandardCopyOption.REPLACE_EXISTING);
        return repository;
    }
}
