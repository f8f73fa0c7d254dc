package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quern.engine.BinQuern.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs {@code target/quern/bin/quern} as a user does on a machine without Java: no Java is on its PATH. */
class CommandIT {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    private BinQuern quern;

    @BeforeEach
    void prepare() throws IOException {
        quern = new BinQuern(folder);
    }

    @Test
    void linkInFolderWithSpacesRunsTheCommand() throws Exception {
        Path spaced = Files.createDirectory(folder.resolve("a folder"));
        Files.createSymbolicLink(spaced.resolve("quern"), spaced.toRealPath().relativize(BinQuern.COMMAND));
        // one link leads to another, both are relative
        Path link = Files.createSymbolicLink(spaced.resolve("q"), Path.of("quern"));
        Run run = quern.runOther(List.of(link.toString(), "version", "--json"));
        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        JsonNode version = JSON.readTree(run.out());
        assertThat(version.get("quern").asText()).isEqualTo(System.getProperty("tests.version"));
        assertThat(version.get("llama").asText()).isEqualTo("v0.5.0");
        assertThat(version.get("java").asText()).startsWith("25");
        assertThat(version.get("quarkus").asText()).isEqualTo(System.getProperty("tests.quarkus-version"));
    }

    @Test
    void movedFolderRunsAndAnIncompleteOneSaysSo() throws Exception {
        Path moved = Files.createDirectory(folder.resolve("quern 1.0"));
        Files.createDirectory(moved.resolve("bin"));
        Files.copy(BinQuern.COMMAND, moved.resolve("bin/quern"));
        Path command = moved.resolve("bin/quern");
        assertThat(quern.runOther(List.of(command.toString(), "version")))
                .satisfies(run -> assertThat(run.exitCode()).isEqualTo(1))
                .satisfies(run -> assertThat(run.err()).contains(moved + " is incomplete"));
        for (String part : List.of("lib", "runtime")) {
            if (Files.exists(BinQuern.FOLDER.resolve(part))) {
                Files.createSymbolicLink(moved.resolve(part), BinQuern.FOLDER.resolve(part));
            }
        }
        Run run = quern.runOther(List.of(command.toString(), "--version"));
        assertThat(run.out()).as(run.err()).isEqualTo("quern " + System.getProperty("tests.version") + "\n");
    }

    @Test
    void servesByItsOptionsAndStopsOnSigterm() throws Exception {
        try (EngineProcess engine = EngineProcess.command(
                BinQuern.COMMAND, quern.environment(), "serve", "demo", "--name=tiny", "--slots=2")) {
            engine.awaitReady();
            assertThat(engine.json("/v1/models").at("/data/0/id").asText()).isEqualTo("tiny");
            assertThat(engine.json("/q/quern/pool").at("/workers/0/slots").asInt())
                    .isEqualTo(2);
            assertThat(engine.process().toHandle().info().command().orElse(""))
                    .as("the script has become the engine")
                    .startsWith(BinQuern.FOLDER.toString());
            String management =
                    "-Dquarkus.management.port=" + engine.uri("/q/health").getPort();
            assertThat(quern.run("health", management).exitCode()).isZero();
            assertThat(quern.run("health", "--live", management).exitCode()).isZero();
            engine.process().destroy();
            assertThat(engine.exitCode()).isZero();
            assertThat(quern.run("health", management))
                    .satisfies(run -> assertThat(run.exitCode()).isEqualTo(1))
                    .satisfies(run -> assertThat(run.err()).contains("No answer from http://127.0.0.1:"));
        }
    }

    @Test
    void commandsForThisMachineWork() throws Exception {
        Run doctor = quern.run("doctor");
        assertThat(doctor.exitCode()).as(doctor.out() + doctor.err()).isZero();
        assertThat(doctor.out()).endsWith("workers can start\n");

        Run launcher = quern.run("launcher");
        if (EngineProcess.hasLauncher()) {
            assertThat(Path.of(launcher.out().strip())).startsWith(folder).isExecutable();
        }
        Path prepared = folder.resolve("prepared");
        Run prepare = quern.run("prepare", "-Dquern.worker.aot-cache=false", prepared.toString());
        assertThat(prepare.exitCode()).as(prepare.err()).isZero();
        assertThat(prepared.resolve("unpacked")).isNotEmptyDirectory();
    }

    @Test
    void showDescribesTheDemoModel() throws Exception {
        Run text = quern.run("show", "demo");
        assertThat(text.exitCode()).as(text.err()).isZero();
        assertThat(text.out())
                .contains("architecture   llama\n", "parameters     3 million\n", "context        1024 tokens\n")
                .contains("chat template  several turns\n")
                .containsPattern("memory         fits: \\d+ MiB \\(weights 3.11 MiB")
                .doesNotContain("\u001b");
        JsonNode json = JSON.readTree(quern.run("show", "demo", "--json").out());
        assertThat(json.at("/memory/fits").asBoolean()).isTrue();
        assertThat(json.at("/chat/turns").asBoolean()).isTrue();
        assertThat(quern.run("show", "demo", "--template").out()).contains("{%- for message in messages -%}");
        assertThat(quern.run("show", "no/such-model"))
                .satisfies(run -> assertThat(run.exitCode()).isEqualTo(4))
                .satisfies(run -> assertThat(run.err()).contains("is written hf:no/such-model."));
    }

    @Test
    void bashCompletes() throws Exception {
        Path script = BinQuern.FOLDER.resolve("share/bash-completion/completions/quern");
        String session = """
                source "$1"
                complete_words() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMPREPLY=()
                  _complete_quern 2>/dev/null; echo "${COMPREPLY[@]}"; }
                complete -p quern
                complete_words quern do
                complete_words quern serve --start-method f
                complete_words quern completion ""
                """;
        Run run = quern.with("PATH", "/usr/bin")
                .runOther(List.of("/bin/bash", "--norc", "-c", session, "bash", script.toString()));
        assertThat(run.out().lines())
                .as(run.err())
                .containsExactly(
                        "complete -o default -F _complete_quern quern", "doctor", "fork forkserver", "bash zsh");
    }

    @Test
    void zshCompletes() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/zsh")), "skipped: there is no zsh on this machine");
        // a shell at a terminal of its own, in which somebody presses the tab key
        String session = """
                zmodload zsh/zpty
                zpty shell zsh -f -i
                zpty -w shell 'quern() { echo "ran <$*>" }; source '${(q)1}'; echo lo''aded'
                zpty -r shell out '*loaded*'
                zpty -w shell $'quern doct\\t'
                zpty -r shell out '*ran <*>*'
                print -r -- $out
                """;
        Run run = quern.with("PATH", "/usr/bin")
                .with("TERM", "dumb")
                .with("HOME", folder.toString())
                .runOther(List.of(
                        "/usr/bin/zsh",
                        "-f",
                        "-c",
                        session,
                        "zsh",
                        BinQuern.FOLDER.resolve("share/zsh/quern.zsh").toString()));
        assertThat(run.out()).as(run.err()).contains("ran <doctor>");
    }

    @Test
    void olderJavaGetsAMessage() throws Exception {
        assumeTrue(!PackagedEngine.isNative(), "skipped: a native executable has no jar");
        Optional<Path> older = olderJava();
        assumeTrue(older.isPresent(), "skipped: there is no Java 17 or 21 in /usr/lib/jvm");
        Run run = quern.runOther(List.of(
                older.orElseThrow().toString(),
                "-jar",
                BinQuern.FOLDER.resolve("lib/quarkus-run.jar").toString(),
                "doctor"));
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err())
                .startsWith("Cannot start: Quern needs Java 25 or newer, but this is Java ")
                .doesNotContain("\tat ");
    }

    private static Optional<Path> olderJava() throws IOException {
        if (!Files.isDirectory(Path.of("/usr/lib/jvm"))) {
            return Optional.empty();
        }
        try (Stream<Path> installed = Files.list(Path.of("/usr/lib/jvm"))) {
            return installed
                    .filter(java -> java.getFileName().toString().matches(".*-(17|21)(-.*)?"))
                    .map(java -> java.resolve("bin/java"))
                    .filter(Files::isExecutable)
                    .findFirst();
        }
    }
}
