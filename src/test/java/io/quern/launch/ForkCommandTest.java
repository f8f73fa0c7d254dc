package io.quern.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ForkCommandTest {
    private static final Optional<Path> LAUNCHER = Optional.of(Path.of("/home/q/quern-launcher"));
    private static final Optional<String> JAVA = Optional.of("/usr/lib/jvm/25/bin/java");

    @Test
    void packagedApplicationIsNamedWithItsOwnJava() {
        assertThat(ProcessProbe.forkCommand(LAUNCHER, JAVA, "/app/quarkus-run.jar"))
                .isEqualTo("QUERN_WORKER_START_METHOD=fork /home/q/quern-launcher --"
                        + " /usr/lib/jvm/25/bin/java -jar /app/quarkus-run.jar");
    }

    @Test
    void relativeJarIsNamedByItsAbsolutePath() {
        assertThat(ProcessProbe.forkCommand(LAUNCHER, JAVA, "target/app.jar"))
                .endsWith(" -jar " + Path.of("target/app.jar").toAbsolutePath());
    }

    @Test
    void pathWithShellCharactersIsQuoted() {
        assertThat(ProcessProbe.forkCommand(LAUNCHER, JAVA, "/my app's/run.jar"))
                .endsWith(" -jar '/my app'\\''s/run.jar'");
    }

    @Test
    void nativeExecutableIsItsOwnCommand() {
        assertThat(ProcessProbe.forkCommand(LAUNCHER, Optional.of("/opt/quern-runner"), ""))
                .endsWith("quern-launcher -- /opt/quern-runner");
    }

    @Test
    void classPathOfFoldersGivesTheDefaultCommand() {
        assertThat(ProcessProbe.forkCommand(Optional.empty(), JAVA, "a:b.jar"))
                .isEqualTo("QUERN_WORKER_START_METHOD=fork quern-launcher -- java -jar quarkus-run.jar");
    }
}
