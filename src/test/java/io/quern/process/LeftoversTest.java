package io.quern.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.OtherUser;
import io.quern.StartsProcesses;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Uses real processes without any guard, as if all other guards had failed. */
@DisabledOnOs(OS.WINDOWS)
@StartsProcesses
class LeftoversTest {
    @TempDir
    Path parent;

    private Path folder;
    private final List<Process> processes = new ArrayList<>();

    @BeforeEach
    void makeFolder() throws IOException {
        folder = Files.createDirectory(parent.resolve("quern-1"));
        Files.createFile(folder.resolve("s"));
    }

    @AfterEach
    void endAll() {
        processes.forEach(Process::destroyForcibly);
    }

    @Test
    void childOfEndedEngineIsKilled() throws Exception {
        Process child = sleeper();
        write(ended(), scope(), line(child));
        assertThat(reap()).containsExactly(new Leftovers.Reaped("worker-0", child.pid(), true));
        assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(folder).doesNotExist();
        assertThat(reap()).isEmpty();
    }

    @Test
    void laterProcessWithSamePidIsLeftAlone() throws Exception {
        Process other = sleeper();
        write(ended(), scope(), "child " + other.pid() + " 1 worker-0 " + program(other) + "\n");
        assertThat(reap()).isEmpty();
        assertThat(other.isAlive()).isTrue();
        assertThat(folder).doesNotExist();
    }

    @Test
    void enginePidUsedByAnotherProcessMeansEnded() throws Exception {
        Process child = sleeper();
        write("engine " + sleeper().pid() + " 1", scope(), line(child));
        assertThat(reap()).extracting(Leftovers.Reaped::pid).containsExactly(child.pid());
    }

    @Test
    void childrenOfRunningEngineAreLeftAlone() throws Exception {
        Process child = sleeper();
        Process engine = sleeper();
        write("engine " + engine.pid() + " " + StartTime.of(engine.pid()).orElseThrow(), scope(), line(child));
        assertThat(reap()).isEmpty();
        assertThat(child.isAlive()).isTrue();
        assertThat(folder.resolve("s")).exists();
    }

    @Test
    void pidsOfOtherContainerOrBootAreIgnored() throws Exception {
        Process child = sleeper();
        write(ended(), "another:1", line(child));
        assertThat(reap()).isEmpty();
        assertThat(child.isAlive()).isTrue();
        assertThat(folder).exists();
    }

    @Test
    void processWithAnotherProgramIsLeftAlone() throws Exception {
        Process other = sleeper();
        write(ended(), scope(), line(other).replace(program(other), "/usr/bin/java"));
        assertThat(reap()).isEmpty();
        assertThat(other.isAlive()).isTrue();
    }

    @Test
    void runFileWritableByOthersIsNotTrusted() throws Exception {
        Process child = sleeper();
        write(ended(), scope(), line(child));
        Files.setPosixFilePermissions(folder.resolve(RunFile.NAME), PosixFilePermissions.fromString("rw-rw-rw-"));
        assertThat(reap()).isEmpty();
        Files.setPosixFilePermissions(folder.resolve(RunFile.NAME), PosixFilePermissions.fromString("rw-r--r--"));
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThat(reap()).isEmpty();
        assertThat(child.isAlive()).isTrue();
        assertThat(folder.resolve("s")).exists();
    }

    @Test
    void runFileOfAnotherUserKillsNothing() throws Exception {
        Process child = sleeper();
        write(ended(), scope(), line(child));
        OtherUser.give(folder.resolve(RunFile.NAME));
        assertThat(reap()).isEmpty();
        OtherUser.give(folder);
        assertThat(reap()).isEmpty();
        assertThat(child.isAlive()).isTrue();
        assertThat(folder.resolve("s")).exists();
    }

    @Test
    void folderExchangedForALinkIsNotEmptied(@TempDir Path elsewhere) throws Exception {
        write(ended(), scope(), "");
        Files.move(folder.resolve(RunFile.NAME), elsewhere.resolve(RunFile.NAME));
        Files.delete(folder.resolve("s"));
        Files.delete(folder);
        Files.createSymbolicLink(folder, elsewhere);
        assertThat(reap()).isEmpty();
        assertThat(elsewhere.resolve(RunFile.NAME)).exists();
    }

    @Test
    void incompleteLastLineIsIgnored() throws Exception {
        Process child = sleeper();
        Process torn = sleeper();
        write(ended(), scope(), line(child) + line(torn).stripTrailing());
        assertThat(reap()).extracting(Leftovers.Reaped::pid).containsExactly(child.pid());
        assertThat(torn.isAlive()).isTrue();
    }

    @Test
    void garbledRunFileIsIgnoredThenDeleted() throws Exception {
        Process child = sleeper();
        write(ended(), scope(), line(child) + "\0\0\0\n" + line(child));
        assertThat(reap()).isEmpty();
        assertThat(folder).exists();
        Files.setLastModifiedTime(
                folder.resolve(RunFile.NAME), FileTime.from(Instant.now().minus(2, ChronoUnit.DAYS)));
        assertThat(reap()).isEmpty();
        assertThat(folder).doesNotExist();
        assertThat(child.isAlive()).isTrue();
    }

    @Test
    void runFileRecordsChildrenUntilTheEngineEnds() throws Exception {
        Process child = sleeper();
        RunFile file = RunFile.open(folder);
        file.add("worker 0", child.pid());
        file.add("ended", endedPid());
        RunFile.Content content = RunFile.read(file.file()).orElseThrow();
        assertThat(file.problem()).isNull();
        assertThat(content.engine().pid()).isEqualTo(ProcessHandle.current().pid());
        assertThat(content.engine().running()).isTrue();
        assertThat(content.scope()).isEqualTo(scope());
        assertThat(content.children())
                .containsExactly(new RunFile.Entry(
                        child.pid(), StartTime.of(child.pid()).orElseThrow(), "worker-0", program(child)));
        assertThat(reap()).as("this engine runs").isEmpty();
        file.close();
        assertThat(file.file()).doesNotExist();
    }

    @Test
    void programsOfTheCommandAreRecorded() throws Exception {
        Process child = new ProcessBuilder("env", "sleep", "300").start();
        processes.add(child);
        String sleep = Path.of("/usr/bin/sleep").toRealPath().toString();
        Awaitility.await().until(() -> program(child).equals(sleep));
        RunFile file = RunFile.open(folder);
        file.add("worker 0", List.of("/usr/bin/env", "/usr/bin/sleep", "/none", "300"), child.pid());
        file.add("worker 1", List.of("/usr/bin/env"), child.pid());
        RunFile.Content content = RunFile.read(file.file()).orElseThrow();
        assertThat(content.children().getFirst().programs()).endsWith("\t" + sleep);
        assertThat(content.children())
                .extracting(entry -> entry.is(child.toHandle()))
                .containsExactly(true, false);
    }

    @Test
    void runFileSizeIsBounded() throws Exception {
        Process child = sleeper();
        Process gone = sleeper();
        RunFile file = RunFile.open(folder);
        file.add("gone", gone.pid());
        for (int i = 0; i < 999; i++) {
            file.add("worker-0", child.pid());
        }
        gone.destroyForcibly().waitFor();
        assertThat(RunFile.read(file.file()).orElseThrow().children()).hasSize(1000);
        file.add("worker-1", child.pid());
        assertThat(RunFile.read(file.file()).orElseThrow().children())
                .hasSize(1000)
                .noneMatch(entry -> entry.name().equals("gone"));
    }

    @Test
    void unwritableRunFileIsReported() {
        assertThat(RunFile.open(parent.resolve("none")).problem()).contains("none");
    }

    private List<Leftovers.Reaped> reap() {
        return Leftovers.reap(parent, "quern-");
    }

    private void write(String engine, String scope, String children) throws IOException {
        Files.writeString(folder.resolve(RunFile.NAME), engine + " " + scope + "\n" + children);
    }

    private static String scope() {
        return StartTime.scope();
    }

    private static String line(Process process) {
        return "child " + process.pid() + " " + StartTime.of(process.pid()).orElseThrow() + " worker-0 "
                + program(process) + "\n";
    }

    private static String program(Process process) {
        return Executable.of(process.toHandle()).orElseThrow();
    }

    private String ended() throws Exception {
        return "engine " + endedPid() + " 1";
    }

    private static long endedPid() throws Exception {
        Process process = new ProcessBuilder("true").start();
        process.waitFor();
        return process.pid();
    }

    private Process sleeper() throws IOException {
        Process process = new ProcessBuilder("sleep", "300").start();
        processes.add(process);
        return process;
    }
}
