package io.quern.fork;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.quern.StartsProcesses;
import io.quern.home.QuernHome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests the launcher as the parent of a command, which need not be an engine. Skipped if this build has no launcher.
 */
@EnabledOnOs(OS.LINUX)
@StartsProcesses
class EntryPointTest {
    private static final int PATIENCE_SECONDS = 60;

    private static final List<String> INIT = List.of("unshare", "--pid", "--fork", "--kill-child", "--mount-proc");

    @TempDir
    Path folder;

    @BeforeEach
    void thereIsALauncher() {
        assumeTrue(LauncherProgram.isThere(), "skipped: this build has no launcher, because it lacked a C compiler");
    }

    @Test
    void exitStatusIsThatOfTheCommand() throws Exception {
        assertThat(exit(run("exit 0"))).isZero();
        assertThat(exit(run("exit 7"))).isEqualTo(7);
        Process killed = run("kill -KILL $$");
        assertThat(text(killed)).contains("the engine was killed by signal 9", "MiB at most");
        assertThat(exit(killed)).isEqualTo(128 + 9);
        assertThat(exit(run("kill -SEGV $$"))).isEqualTo(128 + 11);
    }

    @Test
    void commandThatCannotRunIsReported() throws Exception {
        Process missing = start(List.of("--", "no-such-command"));
        assertThat(text(missing)).isEqualTo("quern-launcher: cannot run no-such-command: No such file or directory\n");
        assertThat(exit(missing)).isEqualTo(127);
        Process forbidden = start(List.of("--", folder.toString()));
        assertThat(text(forbidden)).isEqualTo("quern-launcher: cannot run " + folder + ": Permission denied\n");
        assertThat(exit(forbidden)).isEqualTo(126);
        Process nothing = start(List.of("--"));
        assertThat(text(nothing)).contains("usage: quern-launcher -- ENGINE-COMMAND...");
        assertThat(exit(nothing)).isEqualTo(64);
    }

    @Test
    void commandLearnsItsParent() throws Exception {
        Process process = run("echo $QUERN_LAUNCHER $PPID");
        String[] words = text(process).strip().split(" ");
        assertThat(EntryPointLink.find(
                        java.util.Map.of(EntryPointLink.VARIABLE, words[0]), Optional.of(Long.parseLong(words[1]))))
                .isPresent();
        assertThat(Long.parseLong(words[1])).isEqualTo(process.pid());
        assertThat(exit(process)).isZero();
    }

    /** Others could plant a library in the directory of the start, but the command needs it for relative paths. */
    @Test
    void commandKeepsWorkingFolderAndLauncherUsesRoot() throws Exception {
        Process process = run("until [ \"$(readlink /proc/$PPID/cwd)\" = / ]; do sleep 0.01; done; pwd -P; umask");
        assertThat(text(process).lines())
                .startsWith(Path.of("").toRealPath().toString())
                .doesNotContain("0077");
        assertThat(exit(process)).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"TERM", "INT", "HUP", "QUIT", "USR1", "USR2"})
    void signalIsPassedOn(String signal) throws Exception {
        Path ready = folder.resolve("ready");
        Process process = run("trap 'exit 42' " + signal + "; touch " + ready + "; while :; do sleep 0.05; done");
        await().until(() -> Files.exists(ready));
        kill(signal, process.pid());
        assertThat(exit(process)).isEqualTo(42);
    }

    /** The process must end by the signal, whether launcher or command gets it. */
    @Test
    void signalDuringTheStartIsNotLost() throws Exception {
        for (int micros = 0; micros < 4000; micros += 200) {
            Process process = start(List.of("--", "sleep", "300"));
            LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(micros));
            kill("TERM", process.pid());
            assertThat(exit(process)).as("after %d us", micros).isEqualTo(128 + 15);
        }
    }

    /** The launcher reads a file that never arrives, as if it loaded a model from a dead file system. */
    @Test
    void signalIsPassedOnWhileTheLauncherLoads() throws Exception {
        Path pipe = folder.resolve("libjvm.so");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        String message = "preload\\0" + pipe + "\\0\\0\\0001\\00064\\0001\\0001\\0000\\0000\\0";
        int length = "preload".length() + 1 + pipe.toString().length() + 1 + 1 + 1 + 2 + 3 + 2 + 2 + 2 + 2;
        Path ready = folder.resolve("ready");
        Process process =
                run("trap 'exit 42' TERM; printf '\\0\\0\\%03o\\%03o%s' > /proc/$$/fd/${QUERN_LAUNCHER##*:}; touch %s;"
                                .formatted(length >> 8, length & 0xff, message, ready)
                        + " while :; do sleep 0.05; done");
        await().until(() -> Files.exists(ready));
        await().until(() -> Files.readString(Path.of("/proc", Long.toString(process.pid()), "wchan"))
                .matches("0|.*(fifo|partner).*"));
        kill("TERM", process.pid());
        assertThat(exit(process)).isEqualTo(42);
    }

    @Test
    void closedStandardDescriptorsAreNotReused() throws Exception {
        Path report = folder.resolve("report");
        Process process = underAShell(
                "exec \"$@\" <&- >&- 2>&-",
                "open=$(readlink /proc/$$/fd/0 /proc/$$/fd/1 /proc/$$/fd/2); echo \"$open\" > " + report + "; exit 5");
        assertThat(exit(process)).isEqualTo(5);
        assertThat(report).content().isEqualTo("/dev/null\n".repeat(3));
    }

    @Test
    void pid1ReapsOrphans() throws Exception {
        assumeInit();
        // a zombie that is not reaped stays in /proc
        Path go = folder.resolve("go");
        Process process = asInit("(while [ ! -e " + go + " ]; do sleep 0.02; done & echo $! > "
                + folder.resolve("orphan") + "); read orphan < " + folder.resolve("orphan")
                + "; grep PPid /proc/$orphan/status; touch " + go
                + "; while [ -e /proc/$orphan ]; do sleep 0.02; done; echo reaped by $PPID; exit 7");
        assertThat(text(process)).isEqualTo("PPid:\t1\nreaped by 1\n");
        assertThat(exit(process)).isEqualTo(7);
    }

    /** The kernel drops signals for which PID 1 has no handler. */
    @ParameterizedTest
    @ValueSource(strings = {"TERM", "INT", "HUP", "QUIT", "USR1", "USR2"})
    void pid1PassesSignalsOn(String signal) throws Exception {
        assumeInit();
        Path ready = folder.resolve("ready");
        Process process = asInit("trap 'exit 42' " + signal + "; touch " + ready + "; while :; do sleep 0.05; done");
        await().until(() -> Files.exists(ready));
        kill(signal, process.children().findFirst().orElseThrow().pid());
        assertThat(exit(process)).isEqualTo(42);
    }

    @Test
    void killedLauncherEndsTheCommand() throws Exception {
        Path pid = folder.resolve("pid");
        Process process = run("echo $$ > " + pid + "; while :; do sleep 0.05; done");
        await().until(() -> Files.exists(pid) && !Files.readString(pid).isBlank());
        ProcessHandle child =
                ProcessHandle.of(Long.parseLong(Files.readString(pid).strip())).orElseThrow();
        process.destroyForcibly();
        await().until(() -> !child.isAlive());
    }

    /** A device driver's threads, for example, may take the signal that tells of the end of the command. */
    @Test
    void threadsOfPreloadedLibraryDoNotHideTheEnd() throws Exception {
        Path source = Files.writeString(folder.resolve("threads.c"), """
                #include <pthread.h>
                #include <unistd.h>
                static void *idle(void *nothing) {
                  pause();
                  return nothing;
                }
                __attribute__((constructor)) static void begin(void) {
                  pthread_t thread;
                  pthread_create(&thread, NULL, idle, NULL);
                  pthread_create(&thread, NULL, idle, NULL);
                }
                """);
        Path library = folder.resolve("libthreads.so");
        Process compiler =
                new ProcessBuilder("cc", "-shared", "-fPIC", "-o", library.toString(), source.toString()).start();
        assertThat(exit(compiler)).as(text(compiler)).isZero();
        for (int run = 0; run < 10; run++) {
            // the command itself starts without the library
            assertThat(exit(start(
                            List.of("env", "LD_PRELOAD=" + library),
                            List.of("--", "env", "-u", "LD_PRELOAD", "sh", "-c", "sleep 0.05; exit 7"))))
                    .isEqualTo(7);
        }
    }

    @Test
    void launcherOpensOnlyNeededDescriptors() throws Exception {
        Path ready = folder.resolve("ready");
        Process process = run("touch " + ready + "; while :; do sleep 0.05; done");
        await().until(() -> Files.exists(ready));
        try (var open = Files.list(Path.of("/proc", Long.toString(process.pid()), "fd"))) {
            // standard input, output, error; signals; the two pipes' ends
            assertThat(open.count()).isEqualTo(6);
        }
        process.destroy();
        exit(process);
    }

    private Process run(String script) throws IOException {
        return start(shell(script));
    }

    /** A shell cannot trap signals that were ignored at its start, such as under nohup or in a script's background. */
    private static List<String> shell(String script) {
        return List.of("--", "env", "--default-signal=INT,HUP,QUIT", "sh", "-c", script);
    }

    /**
     * Runs it as PID 1 of a namespace, as in a container. The returned process is its parent, which exits with its
     * status.
     */
    private Process asInit(String script) throws IOException {
        return start(INIT, shell(script));
    }

    private Process underAShell(String shell, String script) throws IOException {
        return start(List.of("sh", "-c", shell, "sh"), List.of("--", "sh", "-c", script));
    }

    private Process start(List<String> arguments) throws IOException {
        return start(List.of(), arguments);
    }

    private Process start(List<String> under, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(under);
        command.add(LauncherProgram.file(QuernHome.locate(Optional.of(folder.resolve("home"))))
                .orElseThrow()
                .toString());
        command.addAll(arguments);
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    private static void assumeInit() throws InterruptedException {
        boolean can;
        try {
            List<String> command = new ArrayList<>(INIT);
            command.add("true");
            can = new ProcessBuilder(command).start().waitFor() == 0;
        } catch (IOException e) {
            can = false;
        }
        assumeTrue(can, "skipped: cannot create a PID namespace");
    }

    private static void kill(String signal, long pid) throws Exception {
        assertThat(new ProcessBuilder("kill", "-" + signal, Long.toString(pid))
                        .start()
                        .waitFor())
                .isZero();
    }

    private static String text(Process process) throws IOException {
        return new String(process.getInputStream().readAllBytes());
    }

    private static int exit(Process process) throws InterruptedException {
        assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }
}
