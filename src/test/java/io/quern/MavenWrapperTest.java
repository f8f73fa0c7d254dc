package io.quern;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.SimpleFileServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Runs ./mvnw of a project that pins a tiny Maven. The environment contains only what each test puts there. */
@DisabledOnOs(OS.WINDOWS)
@StartsProcesses
class MavenWrapperTest {
    /** A substitute for Maven that prints its JDK, and then each of its arguments. */
    private static final String PRINT_ARGUMENTS = "echo \"java $JAVA_HOME\"\nfor a in \"$@\"; do echo \"<$a>\"; done\n";

    @TempDir
    Path temp;

    private Path project;
    private Path tools;
    private Path zip;
    private final Map<String, String> environment = new TreeMap<>();

    @BeforeEach
    void createProjectAndEmptyEnvironment() throws Exception {
        project = Files.createDirectories(temp.resolve("my project"));
        Files.copy(Path.of("mvnw"), project.resolve("mvnw"));
        makeExecutable(project.resolve("mvnw"));
        zip = tinyMaven();
        pin(sha512(zip));
        tools = Files.createDirectories(temp.resolve("tools"));
        for (String tool : "sh sed dirname readlink mktemp mkdir mv rm cp cut chmod sha512sum shasum openssl curl wget"
                .split(" ")) {
            for (String folder : List.of("/usr/bin", "/bin", "/opt/homebrew/bin")) {
                if (Files.isExecutable(Path.of(folder, tool)) && Files.notExists(tools.resolve(tool))) {
                    forward(tools.resolve(tool), Path.of(folder, tool));
                }
            }
        }
        environment.put("PATH", tools.toString());
        environment.put(
                "HOME", Files.createDirectories(temp.resolve("home of ada")).toString());
        environment.put("MVNW_JDKS", jdks().toString());
        environment.put("JAVA_HOME", jdk("25.0.3", "25").toString());
    }

    @Test
    void missingJdkFailsWithOneLine() throws Exception {
        environment.remove("JAVA_HOME");
        jdk("17.0.15", "jdks/17");

        assertThat(mvnw(project))
                .isEqualTo(new Run(
                        1,
                        "mvnw: no JDK 25 or newer found; install one (Temurin, for example) or name its folder in"
                                + " JAVA_HOME\n"));
    }

    @Test
    void javaHomeOptionOnlyPrintsTheJdk() throws Exception {
        environment.put("JAVA_HOME", jdk("17.0.15", "old").toString());
        Path found = jdk("25.0.3", "jdks/25");

        assertThat(mvnw(project, "--java-home")).isEqualTo(new Run(0, found + "\n"));
    }

    @Test
    void tooOldJavaHomeIsSkipped() throws Exception {
        environment.put("JAVA_HOME", jdk("17.0.15", "old").toString());
        Path found = jdk("25.0.3", "jdks/temurin");
        jdk("26-ea", "jdks/a-newer-one");
        jdk("1.8.0_452", "jdks/an-ancient-one");
        Files.delete(jdk("25.0.3", "jdks/a-runtime").resolve("bin/javac"));
        mvn("3.9.9");

        assertThat(mvnw(project).output()).isEqualTo("java " + found + "\n");
    }

    @Test
    void newerJdkIsAccepted() throws Exception {
        environment.remove("JAVA_HOME");
        Path found = jdk("26.0.1", "jdks/26");
        mvn("3.9.9");

        assertThat(mvnw(project).output()).isEqualTo("java " + found + "\n");
    }

    @Test
    void linkedJavaOnPathIsFound() throws Exception {
        environment.remove("JAVA_HOME");
        Path jdk = jdk("25.0.3", "somewhere else");
        Files.createSymbolicLink(temp.resolve("alternative"), jdk.resolve("bin/java"));
        Files.createSymbolicLink(tools.resolve("java"), Path.of("../alternative"));
        mvn("3.9.9");

        assertThat(mvnw(project).output()).isEqualTo("java " + jdk.toRealPath() + "\n");
    }

    @Test
    void newEnoughMvnGetsAllArgumentsUnchanged() throws Exception {
        mvn("3.9.9");

        assertThat(mvnw(project, "-Da=b c", "", "it's \"quoted\" $HOME *").output())
                .endsWith("<-Da=b c>\n<>\n<it's \"quoted\" $HOME *>\n");
        assertThat(dists()).doesNotExist();
    }

    @Test
    void quarkusRunPassesSettingsToTheApplication() throws Exception {
        mvn("3.9.9", "echo \"slots $QUERN_WORKER_SLOTS name $QUERN_MODEL_NAME\"\n");
        environment.put("QUERN_WORKER_SLOTS", "1");

        assertThat(mvnw(project, "quarkus:run", "-Dquern.worker.slots=3", "-Dquern.model-name=a b,c=d")
                        .output())
                .isEqualTo("slots 3 name a b,c=d\n");
        assertThat(mvnw(project, "verify", "-Dquern.worker.slots=3").output()).isEqualTo("slots 1 name \n");
    }

    @Test
    void emptyModelFailsBeforeTheBuild() throws Exception {
        mvn("3.9.9");
        environment.put("QUERN_MODEL", "");

        Run run = mvnw(project, "package", "quarkus:run");
        assertThat(run.output()).startsWith("mvnw: QUERN_MODEL is empty").doesNotContain("<quarkus:run>");
        assertThat(run.status()).isEqualTo(1);
        assertThat(mvnw(project, "package").status()).isZero();
    }

    @Test
    void oldMvnFetchesTheCopyOnce() throws Exception {
        mvn("3.8.7");

        assertThat(mvnw(project, "verify").output())
                .startsWith(
                        "mvnw: the mvn on the PATH is 3.8.7, but this build needs 3.9: it now fetches Maven 3.9.11\n")
                .endsWith("this is the copy\n<verify>\n");
        Files.delete(zip);
        assertThat(mvnw(project, "verify").output()).isEqualTo("this is the copy\n<verify>\n");
    }

    @Test
    void mavenFourIsNotUsed() throws Exception {
        mvn("4.0.0");

        assertThat(mvnw(project).output()).endsWith("this is the copy\n");
    }

    @Test
    void copyWithAnotherDigestIsNotInstalled() throws Exception {
        pin("0".repeat(128));
        mvn("3.8.7");

        Run run = mvnw(project);
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.output()).contains("is not the one that is pinned").contains(sha512(zip));
        assertThat(files(dists())).isEmpty();
    }

    @Test
    void failedFetchPrintsOutputOfMvn() throws Exception {
        mvn("3.8.7");
        Files.delete(zip);

        Run run = mvnw(project);
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.output()).contains(zip.getFileName().toString()).contains("correct its settings");
        assertThat(files(dists())).isEmpty();
    }

    @Test
    void concurrentRunsInstallOneCopy() throws Exception {
        mvn("3.8.7");
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            processes.add(start(project, "run" + i));
        }
        for (int i = 0; i < 5; i++) {
            assertThat(end(processes.get(i)).output()).endsWith("this is the copy\n<run" + i + ">\n");
        }
        List<Path> copies = files(dists());
        assertThat(copies).singleElement().satisfies(copy -> assertThat(files(copy))
                .extracting(file -> file.getFileName().toString())
                .containsExactly("bin"));
    }

    @Test
    void withoutMvnTheCopyComesFromConfiguredRepository() throws Exception {
        Path folder = Files.createDirectories(temp.resolve("served/org/apache/maven/apache-maven/3.9.11"));
        Files.copy(zip, folder.resolve(zip.getFileName()));
        HttpServer server = SimpleFileServer.createFileServer(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                temp.resolve("served").toRealPath(),
                SimpleFileServer.OutputLevel.NONE);
        server.start();
        try {
            environment.put(
                    "MVNW_REPOURL", "http://localhost:" + server.getAddress().getPort() + "/");
            assertThat(mvnw(project, "-v").output()).isEqualTo("this is the copy\n<-v>\n");
        } finally {
            server.stop(0);
        }
    }

    @Test
    void missingMvnAndRepositoryFailWithOneLine() throws Exception {
        Run run = mvnw(project);

        assertThat(run.status()).isEqualTo(1);
        assertThat(run.output())
                .startsWith("mvnw: no Maven found")
                .contains("MVNW_REPOURL")
                .hasLineCount(1);
        assertThat(files(dists())).isEmpty();
    }

    @Test
    void callFromOutsideBuildsThisProject() throws Exception {
        mvn("3.9.9");
        Path below = Files.createDirectories(project.resolve("src/main"));

        assertThat(mvnw(temp, "verify").output())
                .endsWith("\n<-f>\n<" + project.toRealPath().resolve("pom.xml") + ">\n<verify>\n");
        assertThat(mvnw(temp, "-f", "x", "verify").output()).endsWith("25\n<-f>\n<x>\n<verify>\n");
        assertThat(mvnw(below, "verify").output()).endsWith("25\n<verify>\n");
    }

    private record Run(int status, String output) {}

    private Run mvnw(Path folder, String... arguments) throws Exception {
        return end(start(folder, arguments));
    }

    private Process start(Path folder, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(project.resolve("mvnw").toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().putAll(environment);
        return builder.start();
    }

    private static Run end(Process process) throws Exception {
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Run(process.waitFor(), output);
    }

    /** Puts an mvn on the PATH that reports this version, fetches by copying the zip, and else prints its arguments. */
    private void mvn(String version) throws IOException {
        mvn(version, PRINT_ARGUMENTS);
    }

    private void mvn(String version, String script) throws IOException {
        executable(tools.resolve("mvn"), """
                case "$*" in
                  -v) echo "Apache Maven %s (abc)"; exit 0 ;;
                  *dependency-plugin*) cp "%s" "${5#-DoutputDirectory=}"; exit ;;
                esac
                """.formatted(version, zip) + script);
    }

    private Path jdks() throws IOException {
        return Files.createDirectories(temp.resolve("jdks"));
    }

    private Path jdk(String version, String folder) throws IOException {
        Path jdk = Files.createDirectories(temp.resolve(folder));
        Files.writeString(jdk.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
        Files.createDirectories(jdk.resolve("bin"));
        executable(jdk.resolve("bin/java"), "exit 1\n");
        executable(jdk.resolve("bin/javac"), "exit 1\n");
        forward(jdk.resolve("bin/jar"), Path.of(System.getProperty("java.home"), "bin", "jar"));
        return jdk;
    }

    private Path tinyMaven() throws IOException {
        Path file = temp.resolve("apache-maven-3.9.11-bin.zip");
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(file))) {
            out.putNextEntry(new ZipEntry("apache-maven-3.9.11/bin/mvn"));
            out.write(("#!/bin/sh\necho 'this is the copy'\n"
                            + PRINT_ARGUMENTS.substring(PRINT_ARGUMENTS.indexOf('\n') + 1))
                    .getBytes(StandardCharsets.UTF_8));
        }
        return file;
    }

    private void pin(String sha512) throws IOException {
        Files.createDirectories(project.resolve(".mvn"));
        Files.writeString(project.resolve(".mvn/maven.properties"), "# a pin\nversion=3.9.11\nsha512=" + sha512 + "\n");
    }

    private static String sha512(Path file) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-512").digest(Files.readAllBytes(file)));
    }

    private Path dists() {
        return Path.of(environment.get("HOME"), ".m2/wrapper/dists/apache-maven-3.9.11");
    }

    private static List<Path> files(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Creates a script that runs the program. A link would leave the temporary folder, which JUnit warns about. */
    private static void forward(Path file, Path program) throws IOException {
        executable(file, "exec '" + program + "' \"$@\"\n");
    }

    private static void executable(Path file, String script) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + script);
        makeExecutable(file);
    }

    private static void makeExecutable(Path file) throws IOException {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
