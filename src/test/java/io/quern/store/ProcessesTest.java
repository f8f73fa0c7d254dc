package io.quern.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.quern.StartsProcesses;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What several processes do to one store, and what kill -9 leaves. */
@StartsProcesses
class ProcessesTest {
    private static final String MODEL = "hf:me/tiny-GGUF:Q8_0";
    private static final TestContent CONTENT = TestContent.generated(20_000_000, 5);

    @TempDir
    Path home;

    private TestHub hub;
    private TestStore store;

    @BeforeEach
    void start() throws IOException {
        hub = TestHub.start();
        hub.repo("me/tiny-GGUF").file("tiny-Q8_0.gguf", CONTENT);
        store = new TestStore(home, hub);
    }

    @AfterEach
    void stop() {
        hub.close();
    }

    @Test
    void killedDownloadsLoseLittle() throws Exception {
        Path journal = store.folder.resolve("partial/" + CONTENT.sha256() + "/tiny-Q8_0.gguf.journal");
        for (long arrived : new long[] {1_500_000, 3_000_000}) {
            AtomicInteger parts = new AtomicInteger();
            AtomicReference<Process> process = new AtomicReference<>();
            // two parts arrive; the process is killed while it waits for the others
            hub.faults.beforePart = () -> {
                if (parts.incrementAndGet() > 2) {
                    await().until(() ->
                            Files.exists(journal) && PartialFile.missing(journal) < CONTENT.size() - arrived);
                    process.get().destroyForcibly();
                }
            };
            process.set(pull());
            assertThat(process.get().waitFor()).isEqualTo(128 + 9);
            assertThat(store.store().list()).isEmpty();
            assertThat(store.files()).noneMatch(name -> name.startsWith("content/"));
        }
        hub.faults.beforePart = () -> {};
        StoredModel model = store.pull(MODEL);
        assertThat(TestContent.file(model.file()).sha256()).isEqualTo(CONTENT.sha256());
        assertThat(store.events(PullEvent.Downloading.class).getFirst().done()).isGreaterThanOrEqualTo(3_000_000);
    }

    @Test
    void modelThatAnotherProcessUsesIsNotRemoved() throws Exception {
        Process process = pull("use");
        try (BufferedReader out = process.inputReader()) {
            assertThat(out.lines().anyMatch("using"::equals)).isTrue();
            StoredModel model = store.store().list().getFirst();
            assertThat(store.store().users(model)).containsExactly(process.pid());
            assertThatThrownBy(() -> store.store().remove(model.reference()))
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.problem()).isEqualTo(StoreProblem.IN_USE))
                    .hasMessageContaining("the process " + process.pid() + " uses it");
            assertThat(model.file()).exists();

            process.destroyForcibly().waitFor();
            assertThat(store.store().remove(model.reference())).containsExactly(model);
            assertThat(store.files()).containsExactly("version");
        } finally {
            process.destroyForcibly();
        }
    }

    /** On a real file system of 8 MB, in a mount namespace of its own, that grows afterwards. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void diskThatBecomesFullKeepsWhatArrived() throws Exception {
        Path disk = Files.createDirectory(home.resolve("disk"));
        assumeTrue(
                run("mount -t tmpfs -o size=8m tmpfs \"$1\"", disk).rc() == 0,
                "skipped: this user may not mount a file system in a namespace");
        Outcome outcome = run(
                "mount -t tmpfs -o size=8m tmpfs \"$1\"; shift; \"$@\"; mount -o remount,size=64m \"" + disk
                        + "\"; exec \"$@\"",
                disk);
        assertThat(outcome.text()).contains("the disk is full. Free some space").contains("pulled " + CONTENT.sha256());
        assertThat(hub.bytesSent()).isLessThan(CONTENT.size() + 6_000_000);
    }

    private record Outcome(int rc, String text) {}

    private Outcome run(String script, Path disk) throws Exception {
        ProcessBuilder builder = new ProcessBuilder("unshare", "-rm", "sh", "-c", script, "sh", disk.toString());
        builder.command().addAll(command(disk.resolve("models")));
        builder.environment().putAll(store.variables);
        Process process;
        try {
            process = builder.redirectErrorStream(true).start();
        } catch (IOException e) {
            return new Outcome(-1, "no unshare");
        }
        try (BufferedReader out = process.inputReader()) {
            String text = out.lines().collect(Collectors.joining("\n"));
            return new Outcome(process.waitFor(), text);
        }
    }

    private static List<String> command(Path folder) {
        return List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "-Dblind=true",
                "-cp",
                System.getProperty("java.class.path"),
                "io.quern.store.PullMain",
                folder.toString(),
                MODEL);
    }

    private Process pull(String... more) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(new ArrayList<>(command(store.folder)));
        builder.command().addAll(List.of(more));
        builder.environment().putAll(store.variables);
        return builder.redirectErrorStream(true)
                .redirectOutput(more.length > 0 ? ProcessBuilder.Redirect.PIPE : ProcessBuilder.Redirect.DISCARD)
                .start();
    }
}
