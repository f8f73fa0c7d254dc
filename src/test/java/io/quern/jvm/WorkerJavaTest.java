package io.quern.jvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkerJavaTest {
    private static final String HERE = System.getProperty("os.arch");

    @TempDir
    Path folder;

    @Test
    void engineOnJvmUsesItsOwnJava() {
        WorkerJava java = WorkerJava.find(Optional.empty());
        assertThat(java.program()).isExecutable().startsWith(Path.of(System.getProperty("java.home")));
        assertThat(java.version()).startsWith(Integer.toString(Runtime.version().feature()));
        assertThat(java.libjvm()).isRegularFile();
        assertThat(java.passedOver()).isEmpty();
        assertThat(java.text()).endsWith("the engine's own)");
    }

    @Test
    void nativeExecutableUsesConfiguredJavaFirst() throws IOException {
        Path configured = installation("configured", "25.0.3", HERE);
        Path home = installation("home", "26", HERE);
        assertThat(find(Optional.of(configured), Map.of("JAVA_HOME", home.toString()))
                        .home())
                .isEqualTo(configured);
    }

    @Test
    void bundledJavaPrecedesJavaHomeAndPath() throws IOException {
        Path onPath = installation("path", "25.0.1", HERE);
        Map<String, String> environment =
                Map.of("PATH", "/nowhere" + java.io.File.pathSeparator + onPath.resolve("bin"));
        WorkerJava found = find(Optional.empty(), environment);
        assertThat(found.home()).isEqualTo(onPath);
        assertThat(found.passedOver())
                .containsExactly(
                        "bundled next to the executable: " + folder.resolve("java") + " does not exist",
                        "JAVA_HOME: none");

        Path home = installation("home", "25.0.2", HERE);
        Map<String, String> more = Map.of("PATH", environment.get("PATH"), "JAVA_HOME", home.toString());
        assertThat(find(Optional.empty(), more).source()).isEqualTo("JAVA_HOME");

        Path bundled = installation("java", "25.0.3", HERE);
        assertThat(find(Optional.empty(), more).home()).isEqualTo(bundled);
        assertThat(find(Optional.empty(), more).text())
                .isEqualTo(bundled.resolve("bin/java") + " (25.0.3, bundled next to the executable)");
    }

    @Test
    void javaOnThePathIsFoundThroughLinks() throws IOException {
        Path home = installation("jdk", "25", HERE);
        Path bin = Files.createDirectories(folder.resolve("usr/bin"));
        Files.createSymbolicLink(bin.resolve("java"), home.resolve("bin/java"));
        assertThat(find(Optional.empty(), Map.of("PATH", bin.toString())).home())
                .isEqualTo(home);
    }

    @Test
    void unusableJavaIsReportedWithItsReason() throws IOException {
        Path old = installation("old", "17.0.15", HERE);
        Path other = installation("other", "25.0.3", "riscv64");
        Path bundled = Files.createDirectories(folder.resolve("java"));
        assertThatThrownBy(() -> find(
                        Optional.empty(),
                        Map.of(
                                "JAVA_HOME",
                                old.toString(),
                                "PATH",
                                other.resolve("bin").toString())))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("workers need a Java 25 installation, but none was found")
                .hasMessageContaining(bundled + " has no program bin/java that can be executed")
                .hasMessageContaining("JAVA_HOME: " + old + " is Java 17.0.15, but workers need 25")
                .hasMessageContaining("PATH: " + other + " is for riscv64, but this machine is " + HERE)
                .hasMessageContaining("QUERN_WORKER_JAVA");
    }

    @Test
    void unusableConfiguredJavaIsNotReplaced() throws IOException {
        Path home = installation("home", "25", HERE);
        assertThatThrownBy(() -> find(Optional.of(folder.resolve("typo")), Map.of("JAVA_HOME", home.toString())))
                .hasMessage("quern.worker.java is " + folder.resolve("typo") + ", which does not exist");
    }

    private WorkerJava find(Optional<Path> configured, Map<String, String> environment) {
        return WorkerJava.find(
                new WorkerJava.Places(configured, Optional.empty(), Optional.of(folder.resolve("quern")), environment));
    }

    private Path installation(String name, String version, String arch) throws IOException {
        Path home = Files.createDirectories(folder.resolve(name));
        Path program = Files.createDirectories(home.resolve("bin")).resolve("java");
        Files.writeString(program, "#!/bin/sh\n");
        assertThat(program.toFile().setExecutable(true)).isTrue();
        Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + "\"\nOS_ARCH=\"" + arch + "\"\n");
        return home;
    }
}
