import java.io.IOException;
import java.io.Reader;
import java.nio.file.FileSystemException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.Properties;
import java.util.stream.Stream;

/**
 * Puts together {@code target/quern}, the folder that users run and that the archive contains: the script {@code
 * bin/quern}, the packaged application in {@code lib}, and the Java run-time image of the engine in {@code runtime}. Of
 * a native build, {@code lib} holds the executable and its workers' Java. Maven runs it in the project's folder as a
 * single source file.
 *
 * <p>Files of the application and of the image are hard links where the file system has them, so the folder takes no
 * room. The folder appears by a rename: a command that is typed during a build finds the old folder or the new one.
 */
class CommandFolder {
    private static final Path SOURCES = Path.of("src/main/dist");

    /** @param args the build's folder */
    public static void main(String[] args) throws IOException, InterruptedException {
        Path build = Path.of(args[0]);
        Path fresh = build.resolve("quern.new");
        delete(fresh);
        Properties artifact = new Properties();
        try (Reader in = Files.newBufferedReader(build.resolve("quarkus-artifact.properties"))) {
            artifact.load(in);
        }
        if ("native".equals(artifact.getProperty("type"))) {
            Files.createDirectories(fresh.resolve("lib"));
            linkFile(build.resolve(artifact.getProperty("path")), fresh.resolve("lib/quern"));
            // where a native engine looks for its workers' Java
            link(build.resolve("java"), fresh.resolve("lib/java"));
        } else {
            link(build.resolve("quarkus-app"), fresh.resolve("lib"));
            link(build.resolve("engine-java"), fresh.resolve("runtime"));
        }
        script(fresh.resolve("bin/quern"));
        for (String file : new String[] {"LICENSE", "NOTICE", "CHANGELOG.md"}) {
            Files.copy(Path.of(file), fresh.resolve(file), StandardCopyOption.COPY_ATTRIBUTES);
        }
        Files.copy(SOURCES.resolve("README.md"), fresh.resolve("README.md"), StandardCopyOption.COPY_ATTRIBUTES);
        for (String shell : new String[] {"bash", "zsh"}) {
            completion(fresh, shell);
        }
        Path folder = build.resolve("quern");
        delete(folder);
        Files.move(fresh, folder);
    }

    private static void script(Path script) throws IOException {
        Files.createDirectories(script.getParent());
        Files.copy(SOURCES.resolve("bin/quern"), script, StandardCopyOption.COPY_ATTRIBUTES);
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** Lets the command write its own completion, which also shows that it starts. */
    private static void completion(Path folder, String shell) throws IOException, InterruptedException {
        Path file = folder.resolve(
                shell.equals("bash") ? "share/bash-completion/completions/quern" : "share/zsh/quern.zsh");
        Files.createDirectories(file.getParent());
        Process command = new ProcessBuilder(folder.resolve("bin/quern").toString(), "completion", shell)
                .redirectOutput(file.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        if (command.waitFor() != 0) {
            throw new IOException("quern completion " + shell + " ended with " + command.exitValue());
        }
    }

    private static void link(Path from, Path to) throws IOException {
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) throws IOException {
                Files.createDirectories(to.resolve(from.relativize(folder)));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                linkFile(file, to.resolve(from.relativize(file)));
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static void linkFile(Path file, Path copy) throws IOException {
        try {
            Files.createLink(copy, file);
        } catch (FileSystemException | UnsupportedOperationException e) {
            Files.copy(file, copy, StandardCopyOption.COPY_ATTRIBUTES, LinkOption.NOFOLLOW_LINKS);
        }
    }

    private static void delete(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> all = Files.walk(folder)) {
                for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }
}
