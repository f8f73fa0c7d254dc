package io.quern.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class OwnCommandTest {
    @Test
    void optionsOfTheJvmAreKeptAndArgumentsAreNot() {
        assertThat(OwnCommand.javaCommand(
                        "/jdk/bin/java", "java\0-Xmx1g\0-jar\0/app/quarkus-run.jar\0run\0demo\0\0two words\0", 4))
                .containsExactly("/jdk/bin/java", "-Xmx1g", "-jar", "/app/quarkus-run.jar");
    }

    @Test
    void keysAreNotPassedOnACommandLine() {
        System.setProperty("quern.openai.api-keys", "sk-secret");
        System.setProperty("quern.worker.threads", "2");
        try {
            assertThat(OwnCommand.settings())
                    .containsEntry("quern.worker.threads", "2")
                    .doesNotContainKey("quern.openai.api-keys");
        } finally {
            System.clearProperty("quern.openai.api-keys");
            System.clearProperty("quern.worker.threads");
        }
    }
}
