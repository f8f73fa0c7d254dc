package io.quern.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quern.StartsProcesses;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the children of these tests are shell scripts")
@StartsProcesses
class ChildProcessTest {
    private final ProcessStarter starter = new ProcessStarter();
    private final List<String> lines = new CopyOnWriteArrayList<>();

    @AfterEach
    void endOfStarter() {
        starter.close();
    }

    @Test
    void exitCodeAndLastLinesAreKept() throws Exception {
        ChildProcess child = start("echo one; echo two >&2; exit 7");
        assertThat(get(child.exited())).isEqualTo(new ExitStatus.Exited(7));
        assertThat(child.lastOutput()).containsExactly("one", "two");
        assertThat(lines).containsExactly("one", "two");
    }

    @Test
    void deathBySignalDiffersFromAnExit() throws Exception {
        ChildProcess child = start("kill -9 $$");
        assertThat(get(child.exited())).isEqualTo(new ExitStatus.Signaled(9)).hasToString("signal 9 (KILL)");
    }

    /**
     * Ctrl-C in a terminal and systemd's SIGTERM reach children too. A shell keeps inherited ignored signals, as a JVM
     * does.
     */
    @Test
    void childIgnoresSignalsToAll() throws Exception {
        ChildProcess child =
                start("for s in HUP INT TERM QUIT; do kill -$s $$; done; sh -c 'kill -INT $$; echo heir lives'");
        assertThat(get(child.exited())).isEqualTo(new ExitStatus.Exited(0));
        assertThat(child.lastOutput()).containsExactly("heir lives");
    }

    /** Others could plant a library in the engine's working directory or read a child's files. */
    @Test
    void childUsesRootFolderAndPrivateFiles() throws Exception {
        ChildProcess child = start("pwd; umask");
        get(child.exited());
        assertThat(child.lastOutput()).containsExactly("/", "0077");
    }

    @Test
    void programThatCannotBeRunFailsTheStart() {
        assertThatThrownBy(() -> get(starter.start(
                        new ChildCommand("child", List.of("/no/such/program"), Map.of(), Set.of(), null, lines::add))))
                .rootCause()
                .hasMessageContaining("No such file");
    }

    @Test
    void killTreeKillsGrandchildren() throws Exception {
        ChildProcess child = start("sleep 1000 & echo $!; wait");
        Awaitility.await().until(() -> !lines.isEmpty());
        ProcessHandle grandchild =
                ProcessHandle.of(Long.parseLong(lines.getFirst())).orElseThrow();
        assertThat(get(child.killTree())).isEqualTo(new ExitStatus.Signaled(9));
        Awaitility.await().until(() -> !grandchild.isAlive());
    }

    @Test
    void closedStarterRefusesStarts() {
        starter.close();
        assertThat(starter.start(command("true", null)).toCompletableFuture()).isCompletedExceptionally();
    }

    @Test
    void secretIsPassedByStandardInput() throws Exception {
        ChildProcess child = get(starter.start(command("read secret; echo \"got $secret\"", "s3cret")));
        get(child.exited());
        assertThat(child.lastOutput()).containsExactly("got s3cret");
    }

    @Test
    void environmentIsTheEnginesPlusAddedMinusRemoved() throws Exception {
        ChildProcess child = get(starter.start(new ChildCommand(
                "child",
                List.of("/bin/sh", "-c", "echo \"$ADDED-${PATH:+path}-${HOME:-nohome}\""),
                Map.of("ADDED", "yes"),
                Set.of("HOME"),
                null,
                lines::add)));
        get(child.exited());
        assertThat(child.lastOutput()).containsExactly("yes-path-nohome");
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "other kernels have no such score")
    void childrenAndGrandchildrenGetAHigherOomScore() throws Exception {
        int own = Integer.parseInt(
                Files.readString(Path.of("/proc/self/oom_score_adj")).strip());
        ChildProcess child = get(
                starter.start(command("read secret; cat /proc/$$/oom_score_adj; cat /proc/self/oom_score_adj", "now")));
        get(child.exited());
        String raised = Integer.toString(Math.min(1000, own + 300));
        assertThat(child.lastOutput()).containsExactly(raised, raised);
    }

    @Test
    void outputWithoutLineEndsIsBounded() throws Exception {
        ChildProcess child =
                start("head -c 100000 /dev/zero | tr '\\0' x; echo; for i in $(seq 100); do echo $i; done");
        get(child.exited());
        assertThat(lines.getFirst()).hasSize(OutputTail.MAX_LINE_LENGTH);
        assertThat(child.lastOutput()).hasSize(OutputTail.MAX_LINES).endsWith("99", "100");
    }

    @Test
    void answerIsSeparateFromTheOutput() throws Exception {
        CompletableFuture<String> answer = new CompletableFuture<>();
        ChildProcess child =
                get(starter.start(command("echo answer; echo log >&2", null).answering(stdout -> {
                    try {
                        answer.complete(new String(stdout.readAllBytes(), StandardCharsets.UTF_8));
                    } catch (IOException e) {
                        answer.completeExceptionally(e);
                    }
                })));
        assertThat(get(answer)).isEqualTo("answer\n");
        get(child.exited());
        assertThat(child.lastOutput()).isEqualTo(lines).containsExactly("log");
    }

    @Test
    void missingProgramFailsTheStart() {
        ChildCommand command =
                new ChildCommand("child", List.of("/nonexistent/program"), Map.of(), Set.of(), null, lines::add);
        assertThatThrownBy(() -> get(starter.start(command))).hasMessageContaining("/nonexistent/program");
    }

    private ChildProcess start(String script) throws Exception {
        return get(starter.start(command(script, null)));
    }

    private ChildCommand command(String script, String stdinLine) {
        return new ChildCommand("child", List.of("/bin/sh", "-c", script), Map.of(), Set.of(), stdinLine, lines::add);
    }

    private static <T> T get(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(60, TimeUnit.SECONDS);
    }
}
