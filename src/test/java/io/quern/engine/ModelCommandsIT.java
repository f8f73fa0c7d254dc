package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quern.engine.BinQuern.Run;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the commands for models on a server in another process that answers as the hub does. */
class ModelCommandsIT {
    private static final Path DEMO = Path.of("target/classes/io/quern/model/demo/demo.gguf");
    private static final String MODEL = "hf:tiny/demo-GGUF:Q8_0";
    private static final String QUESTION = "What is a fork server?";
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    private BinQuern quern;
    private Process hub;

    @BeforeEach
    void prepare() throws IOException {
        quern = new BinQuern(folder).with("HOME", folder.toString());
        Path repository = Files.createDirectories(folder.resolve("hub/tiny/demo-GGUF"));
        Files.copy(DEMO, repository.resolve("demo-Q8_0.gguf"));
        Files.writeString(repository.resolve("broken-Q4_0.gguf"), "this is no model at all");
    }

    @AfterEach
    void stopHub() {
        if (hub != null) {
            hub.destroyForcibly();
        }
    }

    /** Starts the server, and points the commands to it. */
    private void startHub(String... options) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "-cp",
                System.getProperty("java.class.path"),
                "io.quern.store.TestHubMain",
                folder.resolve("hub").toString()));
        command.addAll(List.of(options));
        hub = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader out = hub.inputReader();
        String line = out.readLine();
        while (line != null && !line.startsWith("HF_ENDPOINT=")) {
            line = out.readLine();
        }
        assertThat(line).isNotNull();
        quern.with("HF_ENDPOINT", line.substring("HF_ENDPOINT=".length()));
    }

    @Test
    void pulledModelIsListedShownAndRemoved() throws Exception {
        startHub();
        Run pull = quern.run("pull", MODEL, "--json");
        assertThat(pull.exitCode()).as(pull.err()).isZero();
        JsonNode pulled = JSON.readTree(pull.out());
        assertThat(pulled.get("name").asText()).isEqualTo(MODEL);
        assertThat(Path.of(pulled.get("file").asText())).startsWith(folder).hasSameBinaryContentAs(DEMO);
        assertThat(quern.run("pull", MODEL).out()).contains("Ready: " + MODEL + " (3.11 MiB)\n  quern ");

        assertThat(quern.run("ls").out())
                .startsWith("NAME ")
                .containsPattern(MODEL + " +3.11 MiB +Q8_0 +\\d{4}-\\d\\d-\\d\\d ");
        assertThat(JSON.readTree(quern.run("list", "--json").out()).get(0)).isEqualTo(pulled);
        assertThat(quern.run("show", MODEL).out())
                .contains(
                        "quantisation   Q8_0\n",
                        "sha256         " + pulled.get("sha256").asText() + " (verified)\n");
        assertThat(quern.run("show", pulled.get("file").asText()).out())
                .as("of a plain file")
                .contains("quantisation   Q8_0\n", "sampling       temperature 0\n")
                .doesNotContain("sha256");

        assertThat(quern.run("rm", MODEL).out()).isEqualTo("Removed " + MODEL + " (3.11 MiB)\n");
        assertThat(Path.of(pulled.get("file").asText())).doesNotExist();
        assertThat(quern.run("list"))
                .satisfies(run -> assertThat(run.out()).isEmpty())
                .satisfies(run -> assertThat(run.err()).startsWith("No model has been downloaded yet."));
        assertThat(JSON.readTree(quern.run("list", "--json").out())).isEmpty();
    }

    @Test
    void interruptedPullSaysThatTheNextOneContinues() throws Exception {
        startHub("--rate=400000");
        Process pull = quern.start("pull", MODEL);
        Path store = folder.resolve("home/models");
        await().until(() -> Files.exists(store) && hasPartialFile(store));
        new ProcessBuilder("kill", "-INT", Long.toString(pull.pid())).start().waitFor();
        Run interrupted = quern.ended(pull);
        assertThat(interrupted.exitCode()).isEqualTo(130);
        assertThat(interrupted.err())
                .contains("Interrupted. The next `quern pull " + MODEL + "` continues from here.")
                .doesNotContain("\tat ");
        hub.destroyForcibly().waitFor();
        startHub();
        Run again = quern.run("pull", MODEL);
        assertThat(again.exitCode()).as(again.err()).isZero();
    }

    @Test
    void runDownloadsItsModelAndAnswers() throws Exception {
        startHub("--rate=400000");
        Process first = quern.start("run", MODEL, QUESTION, "--temperature=0");
        Path store = folder.resolve("home/models");
        await().until(() -> Files.exists(store) && hasPartialFile(store));
        new ProcessBuilder("kill", "-INT", Long.toString(first.pid())).start().waitFor();
        Run interrupted = quern.ended(first);
        assertThat(interrupted.exitCode()).isEqualTo(130);
        assertThat(interrupted.err()).contains("continues from here.").doesNotContain("\tat ");
        assertThat(interrupted.out()).isEmpty();
        hub.destroyForcibly().waitFor();

        startHub();
        Run whole = quern.run("run", MODEL, QUESTION, "--temperature=0");
        assertThat(whole.exitCode()).as(whole.err()).isZero();
        assertThat(whole.out()).startsWith("A fork server is a small, clean process");
        assertThat(whole.err()).contains("Downloading " + MODEL);
        hub.destroyForcibly().waitFor();

        Run offline = quern.run("run", MODEL, QUESTION, "--temperature=0");
        assertThat(offline.exitCode()).as(offline.err()).isZero();
        assertThat(offline).isEqualTo(new Run(0, whole.out(), ""));
        Run configured = quern.run(
                "run",
                "-Dquern.models.mine.model=" + MODEL,
                "-Dquern.models.mine.aliases=own",
                "-Dquern.models.other.model=/none.gguf",
                "-Dquern.models.other.pinned=true",
                "-Dquern.catalog.default-model=other",
                "own",
                QUESTION,
                "--temperature=0",
                "--json");
        assertThat(configured.exitCode()).as(configured.err()).isZero();
        assertThat(JSON.readTree(configured.out()).path("model").asText()).isEqualTo("mine");
        fails(4, "Similar names: mine", "run", "-Dquern.models.mine.model=" + MODEL, "mien", QUESTION);
    }

    @Test
    void runSaysWhyItsModelCannotBeDownloaded() throws Exception {
        startHub("--gated=tiny/demo-GGUF");
        fails(6, "HF_TOKEN", "run", MODEL, QUESTION);
        fails(4, "no-such-repo", "run", "hf:tiny/no-such-repo", QUESTION);
        quern.with("HF_TOKEN", "hf_right");
        quern.with("HF_HUB_OFFLINE", "1");
        fails(5, "offline", "run", MODEL, QUESTION);
        quern.with("HF_HUB_OFFLINE", "0").with("QUERN_STORE_ATTEMPTS", "1");
        hub.destroyForcibly().waitFor();
        fails(5, "Check the network, HF_ENDPOINT", "run", MODEL, QUESTION);
    }

    private static boolean hasPartialFile(Path store) throws IOException {
        try (var files = Files.walk(store)) {
            return files.anyMatch(file -> file.toString().endsWith(".journal"));
        }
    }

    @Test
    void exitCodeTellsTheKindOfFailure() throws Exception {
        startHub();
        fails(4, "no-such-repo", "pull", "hf:tiny/no-such-repo");
        fails(4, "Q6_K", "pull", "hf:tiny/demo-GGUF:Q6_K");
        fails(8, "broken-Q4_0.gguf", "pull", "hf:tiny/demo-GGUF/broken-Q4_0.gguf");
        fails(2, "A model of the hub is written hf:tiny/demo-GGUF.", "pull", "tiny/demo-GGUF");
        fails(2, "demo is a part of the application", "rm", "demo");
        fails(4, MODEL, "show", MODEL);
        fails(4, MODEL, "rm", MODEL);
        quern.with("HF_HUB_OFFLINE", "1");
        fails(5, "offline", "pull", MODEL);
        quern.with("HF_HUB_OFFLINE", "0").with("QUERN_STORE_ATTEMPTS", "1");
        hub.destroyForcibly().waitFor();
        fails(5, "Check the network, HF_ENDPOINT", "pull", MODEL);
    }

    private void fails(int exitCode, String message, String... arguments) throws IOException, InterruptedException {
        Run run = quern.run(arguments);
        assertThat(run.err()).contains("error: ").contains(message).doesNotContain("\tat ");
        assertThat(run.out()).isEmpty();
        assertThat(run.exitCode()).as(run.err()).isEqualTo(exitCode);
    }
}
