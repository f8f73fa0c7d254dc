package io.quern.launch;

import io.quern.device.DeviceReport;
import io.quern.fork.EntryPoint;
import io.quern.fork.EntryPointLink;
import io.quern.fork.ForkServer;
import io.quern.fork.LauncherProcess;
import io.quern.fork.Patience;
import io.quern.home.QuernHome;
import io.quern.jvm.AotRecorder;
import io.quern.jvm.CrashFiles;
import io.quern.jvm.WorkerCommand;
import io.quern.jvm.WorkerRuntime;
import io.quern.policy.Decision;
import io.quern.policy.StartMethod;
import io.quern.process.ProcessStarter;
import io.quern.process.RunFile;
import io.quern.sandbox.PassedVariables;
import io.quern.sandbox.Sandbox;
import java.io.IOException;
import java.nio.channels.ByteChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Makes the launcher for a decision. */
public final class Launchers {
    private Launchers() {}

    /**
     * A launcher that waits for a device's memory before a worker is started again, where workers compute on one with memory of its own.
     *
     * @param devices as the probe found them before any worker was there
     * @param probe runs it again; blocks
     * @param limit of a wait; zero: none
     */
    public static Launcher awaitingMemory(
            Launcher launcher, DeviceReport devices, Supplier<DeviceReport> probe, Duration limit) {
        return AwaitingMemory.needed(devices) ? new AwaitingMemory(launcher, devices, probe, limit) : launcher;
    }

    /**
     * @param loading how long a launcher that loads may show no progress
     * @param runtime what workers run on
     * @param sandbox what they are kept from
     * @param home below which AOT caches and traces of crashes are kept
     * @param folder the engine's private one, where its processes are written down
     * @param program the launcher, where there is one
     * @param inline runs a worker in this process
     * @param door takes the engine's end of an inline worker's connection
     * @param fallenBack is told why, once, if workers have to be spawned after all
     * @param before what an earlier application's launcher for the same decision gave ({@link Launcher#handOver}); empty: nothing
     * @throws IOException if what came before cannot be gone on with
     */
    @SuppressWarnings("unchecked")
    public static Launcher of(
            Decision decision,
            WorkerConfig config,
            Duration loading,
            WorkerRuntime runtime,
            Sandbox sandbox,
            QuernHome home,
            Path folder,
            Optional<Path> program,
            InlineWorker inline,
            Consumer<ByteChannel> door,
            Consumer<String> fallenBack,
            Map<String, Object> before)
            throws IOException {
        if (decision.method() == StartMethod.INLINE) {
            return new InlineLauncher(inline, door);
        }
        WorkerCommand command = runtime.command(config.jvmOptions());
        AotRecorder recorder = new AotRecorder(command, config.aotCache(), sandbox, home);
        RunFile runFile = RunFile.open(folder);
        ProcessStarter starter = before.isEmpty()
                ? new ProcessStarter(runFile::add)
                : ProcessStarter.takeOver((Map<String, Object>) before.get("starter"), runFile::add);
        SpawnLauncher spawn = new SpawnLauncher(
                starter,
                command,
                recorder,
                runFile,
                new CrashFiles(home.folder().resolve("crashes"), config.crashFiles(), config.coreDumps()),
                sandbox,
                home);
        if (decision.method() == StartMethod.SPAWN) {
            return spawn;
        }
        Patience patience = new Patience(config.launcherTimeout(), loading);
        ForkLauncher.Source source = decision.method() == StartMethod.FORK
                ? (sockets, what, progress) ->
                        EntryPoint.connect(EntryPointLink.find().orElseThrow(), sockets, what, patience, progress)
                : (sockets, what, progress) -> ForkServer.start(
                        starter,
                        new ForkServer.Command(
                                program.orElseThrow(), sandbox.variables().unwanted(), List.of()),
                        sockets,
                        what,
                        patience,
                        progress);
        LauncherProcess current = before.isEmpty()
                ? null
                : ForkServer.takeOver(starter, (Map<String, Object>) before.get("launcher"), patience);
        return new ForkLauncher(decision.method(), source, command, spawn, fallenBack, current);
    }

    /**
     * What the configuration keeps the engine's children from. Blocks for the start of a small process.
     *
     * @param program the launcher, where there is one
     * @throws IllegalArgumentException if the configured names of variables are none
     */
    public static Sandbox sandbox(WorkerConfig config, Optional<Path> program) {
        return Sandbox.look(
                config.sandbox(),
                config.sandboxFiles().orElse(List.of()),
                config.coreDumps(),
                PassedVariables.ofThisProcess(config.environment().orElse(List.of())),
                program);
    }

    /**
     * Records the workers' AOT cache below a home, where it is not there yet. Blocks, for seconds.
     *
     * @return its file; empty if there is none, and the log says why
     */
    public static Optional<Path> recordAotCache(
            WorkerConfig config, WorkerRuntime runtime, Sandbox sandbox, QuernHome home, Path libraries, Path model)
            throws InterruptedException {
        WorkerCommand command = runtime.command(config.jvmOptions());
        AotRecorder recorder = new AotRecorder(command, config.aotCache(), sandbox, home);
        try (ProcessStarter starter = new ProcessStarter()) {
            return recorder.record(starter, libraries, model).get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Ends what an earlier application's launcher has handed over, and so all its workers, where nobody goes on with it. */
    @SuppressWarnings("unchecked")
    public static void discard(Map<String, Object> before) {
        // with the thread that has made them
        ProcessStarter.takeOver((Map<String, Object>) before.get("starter"), (name, command, pid) -> {})
                .close();
    }
}
