package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quern.engine.BinQuern.Run;
import io.quern.model.GgufMetadata;
import io.quern.model.SplitModel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Quantises the demo model with the packaged application. */
class QuantizeIT {
    private static final Path DEMO = Path.of("target/classes/io/quern/model/demo/demo.gguf");
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    private BinQuern quern;
    private Path out;

    @BeforeEach
    void prepare() throws IOException {
        quern = new BinQuern(folder);
        out = Files.createDirectory(folder.resolve("models")).resolve("small.gguf");
    }

    @Test
    void resultLoadsAnswersAndIsMeasured() throws Exception {
        Run run = quern.run("quantize", "demo", out.toString(), "--type", "q4_0", "--json");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.err()).contains("WARNING: The source is quantised already (Q8_0), so the result loses twice.");
        JsonNode report = JSON.readTree(run.out());
        assertThat(report.get("file").asText()).isEqualTo(out.toString());
        assertThat(report.get("bytes").asLong()).isEqualTo(Files.size(out)).isLessThan(Files.size(DEMO) * 2 / 3);
        assertThat(report.at("/types/q4_0").asInt()).isPositive();
        JsonNode check = report.get("check");
        assertThat(check.get("positions").asInt()).isGreaterThan(500);
        assertThat(check.get("sameToken").asDouble()).isBetween(0.5, 0.999);
        assertThat(check.get("divergence").asDouble()).isBetween(0.001, 2.0);
        for (String side : new String[] {"/source", "/result"}) {
            assertThat(check.at(side + "/perplexity").asDouble()).isGreaterThan(1);
            assertThat(check.at(side + "/onePerSecond").asDouble()).isPositive();
            assertThat(check.at(side + "/eightPerSecond").asDouble()).isPositive();
            assertThat(check.at(side + "/promptPerSecond").asDouble()).isPositive();
        }
        assertThat(names()).containsExactly("small.gguf");
        assertThat(GgufMetadata.read(out).quantisation()).hasValue("Q4_0");

        Run answer = quern.run("run", out.toString(), "What is a fork server?", "--temperature=0");
        assertThat(answer.exitCode()).as(answer.err()).isZero();
        assertThat(answer.out()).isNotBlank();
        assertThat(quern.run(
                        "quantize",
                        out.toString(),
                        folder.resolve("models/b.gguf").toString(),
                        "--type=Q4_0"))
                .satisfies(again -> assertThat(again.exitCode()).isEqualTo(2))
                .satisfies(again -> assertThat(again.err()).contains(out + " is q4_0 already."));
    }

    @Test
    void splitModelBecomesOneFile() throws Exception {
        Path first = SplitModel.cut(DEMO, folder, "parts");
        Run run = quern.run("quantize", first.toString(), out.toString(), "--type=q5_0", "--no-check", "--threads=2");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()).startsWith("Written: " + out + " (").doesNotContain("perplexity");
        assertThat(GgufMetadata.read(out).tensorCount())
                .isEqualTo(GgufMetadata.read(DEMO).tensorCount());
    }

    @Test
    void refusedSourcesAndTargetsWriteNothing() throws Exception {
        byte[] demo = Files.readAllBytes(DEMO);
        byte[] unknown = Arrays.copyOf(demo, demo.length);
        byte[] named = "llama".getBytes(StandardCharsets.US_ASCII);
        String text = new String(demo, StandardCharsets.ISO_8859_1);
        System.arraycopy(
                "zzzzz".getBytes(StandardCharsets.US_ASCII),
                0,
                unknown,
                text.indexOf("llama", text.indexOf("general.architecture")),
                named.length);
        Path architecture = Files.write(folder.resolve("unknown.gguf"), unknown);
        Path noModel = Files.writeString(folder.resolve("text.gguf"), "this is no model");
        refused(8, "unknown model architecture: 'zzzzz'.", architecture.toString(), out.toString());
        refused(8, "it is not a GGUF model", noModel.toString(), out.toString());
        refused(4, "There is no file", folder.resolve("none.gguf").toString(), out.toString());
        refused(1, "there is no folder", "demo", folder.resolve("none/a.gguf").toString());
        Path copy = Files.write(folder.resolve("copy.gguf"), demo);
        refused(2, "is the source itself", copy.toString(), copy.toString(), "--force");
        refused(1, "exists already", "demo", copy.toString());
        refused(2, "There is no type \"q4_9\". The nearest: q4_1, q4_0, ", "demo", out.toString(), "--type=q4_9");
        assertThat(copy).hasBinaryContent(demo);
        assertThat(names()).isEmpty();
    }

    private void refused(int exitCode, String message, String... arguments) throws Exception {
        List<String> words = new ArrayList<>(List.of("quantize"));
        words.addAll(List.of(arguments));
        if (Stream.of(arguments).noneMatch(one -> one.startsWith("--type"))) {
            words.add("--type=q4_0");
        }
        Run run = quern.run(words.toArray(String[]::new));
        assertThat(run.exitCode()).as(run.err()).isEqualTo(exitCode);
        assertThat(run.err()).contains(message).doesNotContain("\tat ");
    }

    /** The moment of the kill is left to chance: at no moment may the name show a file that is not whole. */
    @Test
    void killedProcessLeavesNothingUnderTheName() throws Exception {
        Process process = quern.start("quantize", "demo", out.toString(), "--type=q4_k_m", "--no-check");
        await().until(() -> !names().isEmpty() || !process.isAlive());
        process.destroyForcibly().waitFor();
        if (Files.exists(out)) {
            assertThat(GgufMetadata.read(out).tensorCount())
                    .isEqualTo(GgufMetadata.read(DEMO).tensorCount());
        }
        Run again = quern.run("quantize", "demo", out.toString(), "--type=q4_k_m", "--no-check", "--force");
        assertThat(again.exitCode()).as(again.err()).isZero();
        assertThat(names()).containsExactly("small.gguf");
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(out.getParent())) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }
}
