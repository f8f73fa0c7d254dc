package io.quern.devui;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.quern.StartsProcesses;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Renders the tab as text, in Node, which npm brings along. */
@StartsProcesses
class DevUiComponentTest {
    private static final String LIT = """
            const text = value => Array.isArray(value) ? value.map(text).join('') : String(value ?? '');
            const html = (parts, ...values) => parts.map((part, i) => part + text(values[i])).join('');
            const css = html;
            class LitElement {}
            let Tab;
            globalThis.customElements = {define: (name, type) => Tab = type};
            """;
    private static final String WORKER = """
            {id: 0, pid: 7, state: 'ready', busySlots: 1, slots: 4, restarts: 2, startMethod: 'forkserver', device: 'CPU'}""";
    private static final String DECISION = """
            {method: 'forkserver', requested: 'auto', facts: {model: '%s'}, rules: [{id: 'cpu', message: 'Only a CPU.'}],
             rejected: [{method: 'fork', reason: 'No launcher.'}], warnings: [], revisions: []}""";

    @TempDir
    Path folder;

    @Test
    void oneModelHasNoTableOfModels() throws Exception {
        String tab = render("""
                {state: 'ready', running: 1, waiting: 0, migrations: 3, workers: [%1$s],
                 models: [{name: 'demo', aliases: [], workers: [%1$s]}]}""".formatted(WORKER), DECISION);
        assertThat(tab)
                .contains(
                        "Pool: ready",
                        "1 of 4",
                        "Start method: forkserver",
                        "<code>cpu</code> Only a CPU.",
                        "not fork: No")
                .doesNotContain("<th>model</th>", "undefined");
    }

    @Test
    void engineWithoutDecisionShowsPool() throws Exception {
        assertThat(render(
                        "{state: 'starting', running: 0, waiting: 0, migrations: 0, workers: [], models: []}", "null"))
                .contains("Pool: starting")
                .doesNotContain("Start method", "undefined");
    }

    @Test
    void severalModelsShowTheirStatesAndDecisions() throws Exception {
        String tab = render(
                """
                {state: 'ready', running: 1, waiting: 0, migrations: 0, workers: [%1$s], models: [
                 {name: 'a', aliases: ['x'], byDefault: true, pinned: true, state: 'ready', slots: 4, busySlots: 1, running: 1,
                  waiting: 0, workers: [%1$s]},
                 {name: 'b', aliases: [], pinned: false, state: 'not-loaded', slots: 0, busySlots: 0, running: 0, waiting: 0,
                  workers: []}]}""".formatted(WORKER),
                "{models: [{model: 'a', decision: %1$s}, {model: 'b', decision: null}]}".formatted(DECISION));
        assertThat(tab)
                .contains("<td>a, x (default)</td>", "<td>b</td>", "<td>not-loaded</td>", "at boot", "on demand")
                .contains("2 models, 1 of them ready", "Start method of a: forkserver")
                .doesNotContain("undefined");
    }

    @Test
    void equalDecisionsAreShownOnce() throws Exception {
        assertThat(render(
                        "{state: 'ready', running: 0, waiting: 0, migrations: 0, workers: [], models: []}",
                        "{models: [{model: 'a', decision: %s}, {model: 'b', decision: %s}]}"
                                .formatted(DECISION.formatted("a"), DECISION.formatted("b"))))
                .containsOnlyOnce("Start method")
                .contains("Start method of a, b: forkserver");
    }

    private String render(String pool, String decision) throws IOException, InterruptedException {
        Path script = folder.resolve("tab.mjs");
        Files.writeString(
                script,
                component().replaceFirst("import .*;", LIT.replace("$", "\\$")) + """
                const tab = new Tab();
                tab._pool = %s;
                tab._decision = %s;
                process.stdout.write(tab.render());
                """.formatted(pool, decision));
        Path out = folder.resolve("out");
        Process node;
        try {
            node = new ProcessBuilder("node", script.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(out.toFile())
                    .start();
        } catch (IOException e) {
            assumeThat(false).as("node can be started: " + e.getMessage()).isTrue();
            throw e;
        }
        assertThat(node.waitFor(1, TimeUnit.MINUTES)).isTrue();
        String text = Files.readString(out);
        assertThat(node.exitValue()).as(text).isZero();
        return text.replaceAll("\\s+", " ");
    }

    private static String component() throws IOException {
        try (InputStream in = DevUiResource.class.getResourceAsStream("qwc-quern.js")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
