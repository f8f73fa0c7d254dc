package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.quern.StartsProcesses;
import io.quern.TestModels;
import io.quern.TestSettings;
import io.quern.llama.TestNatives;
import io.quern.wire.EngineFrame;
import io.quern.wire.Fault;
import io.quern.wire.Generate;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Tests failures of the real worker. */
@StartsProcesses
class WorkerFaultsTest {
    private static final int PATIENCE_SECONDS = 60;

    @TempDir
    Path folder;

    /** The worker's main ignores them, even if neither launcher nor shell has set them to ignored. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void signalsToAllDoNotEndAWorker() throws Exception {
        try (WorkerProcess worker = WorkerProcess.startReady(WorkerProcess.settings(TestModels.demo(), 4))) {
            for (String signal : new String[] {"HUP", "INT", "TERM"}) {
                assertThat(new ProcessBuilder("kill", "-" + signal, Long.toString(worker.process.pid()))
                                .start()
                                .waitFor())
                        .isZero();
            }
            worker.stop();
            assertThat(worker.awaitExit()).isZero();
        }
    }

    @Test
    void idleWorkerAnswersPings() throws Exception {
        try (WorkerProcess worker = WorkerProcess.start(WorkerProcess.settings(TestModels.demo(), 4))) {
            worker.ready.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            for (int count = 1; count <= 2; count++) {
                int expected = count;
                worker.ping();
                await().until(() -> worker.pongs.get() == expected);
            }
        }
    }

    @Test
    void modelOfRandomBytesIsReported() throws Exception {
        byte[] noise = new byte[100_000];
        new Random(1).nextBytes(noise);
        expectFatal(Files.write(folder.resolve("noise.gguf"), noise), "cannot load the model", "invalid magic");
    }

    @Test
    void truncatedModelIsReported() throws Exception {
        Path cut = folder.resolve("cut.gguf");
        try (OutputStream out = Files.newOutputStream(cut);
                var in = Files.newInputStream(TestModels.demo())) {
            out.write(in.readNBytes(2_000_000));
        }
        expectFatal(cut, "cannot load the model " + cut, "not within the file bounds");
    }

    @Test
    void missingModelIsReported() throws Exception {
        expectFatal(folder.resolve("nowhere.gguf"), "no model file at");
    }

    @Test
    void tooLargeContextIsReported() throws Exception {
        try (WorkerProcess worker = WorkerProcess.start(WorkerProcess.settings(TestModels.demo(), 256, 20_000_000))) {
            assertThat(worker.fatal.get(PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .contains("256")
                    .contains("20000000");
            assertThat(worker.awaitExit()).isEqualTo(WorkerMain.EXIT_CANNOT_SERVE);
        }
    }

    @Test
    void folderWithoutLibrariesIsReported() throws Exception {
        try (WorkerProcess worker = WorkerProcess.start(TestSettings.of(TestModels.demo(), folder, 4))) {
            assertThat(worker.fatal.get(PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .contains("no libggml-base in " + folder.toRealPath());
            assertThat(worker.awaitExit()).isEqualTo(WorkerMain.EXIT_CANNOT_SERVE);
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void librariesOfAnotherVersionAreRefused() throws Exception {
        // the real libraries with one changed digit in their version
        for (Path library : Files.list(TestNatives.folder()).toList()) {
            byte[] bytes = Files.readAllBytes(library);
            if (library.getFileName().toString().startsWith("libllama")) {
                replace(bytes, "0.5.0-dev\0", "0.7.0-dev\0");
            }
            Files.write(folder.resolve(library.getFileName()), bytes);
        }
        try (WorkerProcess worker = WorkerProcess.start(TestSettings.of(TestModels.demo(), folder, 4))) {
            assertThat(worker.fatal.get(PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .contains("is version 0.7.0-dev; this Quern works with 0.5.0 only");
            assertThat(worker.awaitExit()).isEqualTo(WorkerMain.EXIT_CANNOT_SERVE);
        }
    }

    @Test
    void workerEndsWithItsConnection() throws Exception {
        try (WorkerProcess worker = WorkerProcess.startReady(WorkerProcess.settings(TestModels.demo(), 1, 256))) {
            worker.generate(Prompts.ask("Tell me a long story.", 0)).awaitAccepted();
            worker.disconnect();
            assertThat(worker.awaitExit()).isEqualTo(WorkerMain.EXIT_LOST);
        }
    }

    @Test
    void workerRefusesFaultsByDefault() throws Exception {
        try (WorkerProcess worker = WorkerProcess.startReady(WorkerProcess.settings(TestModels.demo(), 1, 256))) {
            worker.send(EngineFrame.newBuilder()
                    .setFault(Fault.newBuilder().setKind(Fault.Kind.SLOW).setMillis(1)));
            assertThat(worker.awaitExit()).isEqualTo(WorkerMain.EXIT_LOST);
            assertThat(worker.log())
                    .contains("the engine sent a fault to inject, but this worker does not accept faults");
        }
    }

    @Test
    void workerWithoutMemoryToReceiveEnds() throws Exception {
        try (WorkerProcess worker = WorkerProcess.startReady(WorkerProcess.settings(TestModels.demo(), 1), "-Xmx32m")) {
            Generate.Builder large = Generate.newBuilder().setPrompt("x".repeat(24 << 20));
            assertThatThrownBy(() -> worker.generate(large)).isInstanceOf(IOException.class);
            assertThat(worker.awaitExit()).as(worker.log()).isEqualTo(WorkerMain.EXIT_CANNOT_SERVE);
            assertThat(worker.fatal.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).contains("OutOfMemoryError");
        }
    }

    @Test
    void workerEndsIfConnectionIsLostWhileLoading() throws Exception {
        try (WorkerProcess worker = WorkerProcess.start(WorkerProcess.settings(TestModels.demo(), 4, 2048))) {
            worker.hello.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            worker.disconnect();
            assertThat(worker.awaitExit()).isEqualTo(WorkerMain.EXIT_LOST);
        }
    }

    @Test
    void stopWhileLoadingEndsWithSuccess() throws Exception {
        try (WorkerProcess worker = WorkerProcess.start(WorkerProcess.settings(TestModels.demo(), 4, 2048))) {
            worker.hello.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            worker.stop();
            assertThat(worker.awaitExit()).as(worker.log()).isZero();
        }
    }

    @Test
    void settingsOutOfRangeAreReportedByName() throws Exception {
        try (WorkerProcess worker = WorkerProcess.start(WorkerProcess.settings(TestModels.demo(), 257))) {
            assertThat(worker.fatal.get(PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .isEqualTo(
                            "the worker's settings are wrong: slots must be a whole number from 1 to 256, but is 257");
            assertThat(worker.awaitExit()).isEqualTo(WorkerMain.EXIT_CANNOT_SERVE);
        }
    }

    @Test
    void workerEndsIfItGetsSettingsTwice() throws Exception {
        try (WorkerProcess worker = WorkerProcess.startReady(WorkerProcess.settings(TestModels.demo(), 1, 256))) {
            worker.send(EngineFrame.newBuilder().setSettings(WorkerProcess.settings(TestModels.demo(), 2, 256)));
            assertThat(worker.awaitExit()).isEqualTo(WorkerMain.EXIT_LOST);
            assertThat(worker.log()).contains("the engine sent settings a second time");
        }
    }

    @Test
    void invalidArgumentsEndWithOneLine() throws Exception {
        assertThat(runByHand("", "--model=m", "--colour=red"))
                .isEqualTo("64 ERROR worker: unknown argument '--colour=red'\n");
        assertThat(runByHand("", "--model=m", "--socket=s"))
                .isEqualTo("64 ERROR worker: no token on stdin; only the engine can start a worker\n");
        assertThat(runByHand("token\n", "--model=m", "--socket=" + folder.resolve("s")))
                .startsWith("70 ERROR worker: cannot connect to " + folder.resolve("s"));
        assertThat(runByHand("token\n", "--model=m", "--socket=s", "--parent=1"))
                .isEqualTo("70 ERROR worker: the parent process 1 is gone\n");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void workerDiesWithItsParent() throws Exception {
        // starts a parent process that starts the worker, waits and is then killed
        List<String> command = WorkerProcess.command();
        String classPath = command.get(command.indexOf("-cp") + 1);
        Path testClasses = Path.of(WorkerParent.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .getPath());
        Process parent = new ProcessBuilder(
                        command.getFirst(),
                        "-cp",
                        classPath + System.getProperty("path.separator") + testClasses,
                        WorkerParent.class.getName(),
                        folder.resolve("s").toString(),
                        TestModels.demo().toString(),
                        TestNatives.folder().toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            long pid = Long.parseLong(parent.inputReader().readLine());
            ProcessHandle worker = ProcessHandle.of(pid).orElseThrow();
            assertThat(worker.isAlive()).isTrue();
            parent.destroyForcibly();
            worker.onExit().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            assertThat(worker.isAlive()).isFalse();
        } finally {
            parent.destroyForcibly();
        }
    }

    private void expectFatal(Path model, String... parts) throws Exception {
        try (WorkerProcess worker = WorkerProcess.start(WorkerProcess.settings(model, 4))) {
            assertThat(worker.fatal.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).contains(parts);
            assertThat(worker.awaitExit()).isEqualTo(WorkerMain.EXIT_CANNOT_SERVE);
        }
    }

    /** Returns exit code and output of a worker that never reaches its engine. */
    private static String runByHand(String stdin, String... arguments) throws IOException, InterruptedException {
        List<String> command = WorkerProcess.command();
        command.addAll(Arrays.asList(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (var out = process.outputWriter()) {
            out.write(stdin);
        }
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return process.waitFor() + " " + output;
    }

    private static void replace(byte[] bytes, String from, String to) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        int at = text.indexOf(from);
        assertThat(at).isPositive();
        System.arraycopy(to.getBytes(StandardCharsets.ISO_8859_1), 0, bytes, at, to.length());
    }
}
