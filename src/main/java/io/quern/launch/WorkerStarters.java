package io.quern.launch;

import io.quern.device.DeviceReport;
import io.quern.fork.EntryPoint;
import io.quern.fork.EntryPointLink;
import io.quern.fork.ForkServer;
import io.quern.fork.LauncherProcess;
import io.quern.fork.Patience;
import io.quern.jvm.AotRecorder;
import io.quern.jvm.CrashFiles;
import io.quern.jvm.WorkerCommand;
import io.quern.policy.StartMethod;
import io.quern.process.ProcessStarter;
import io.quern.process.RunFile;
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

/** Creates worker starters for an installation. */
public final class WorkerStarters {
    private final Installation installation;
    private final WorkerConfig config;
    private final WorkerCommand command;

    public WorkerStarters(Installation installation, WorkerConfig config) {
        this.installation = installation;
        this.config = config;
        this.command = installation.runtime().command(config.jvmOptions());
    }

    /**
     * Returns a starter whose workers run in this process.
     *
     * @param worker runs a worker
     * @param door receives the engine's end of its connection
     */
    public static WorkerStarter inline(InlineWorker worker, Consumer<ByteChannel> door) {
        return new InlineStarter(worker, door);
    }

    /**
     * Returns a starter that waits for a device's memory before a restart, if workers compute on a device with its own
     * memory.
     *
     * @param devices the devices before the first worker started
     * @param probe probes the devices again; blocks
     * @param limit longest wait, or zero for none
     */
    public static WorkerStarter awaitingMemory(
            WorkerStarter starter, DeviceReport devices, Supplier<DeviceReport> probe, Duration limit) {
        return AwaitingMemory.needed(devices) ? new AwaitingMemory(starter, devices, probe, limit) : starter;
    }

    /**
     * Returns a starter whose workers are processes.
     *
     * @param method any method but inline
     * @param folder the engine's private folder, which records its processes
     * @param patience longest times without a message from a launcher
     * @param fallenBack receives the reason once, if workers must be spawned instead
     * @param before the result of {@link WorkerStarter#handOver} of an earlier application with the same decision, or
     *     empty
     * @throws IOException if the earlier application's workers cannot be taken over
     */
    @SuppressWarnings("unchecked")
    public WorkerStarter launcher(
            StartMethod method, Path folder, Patience patience, Consumer<String> fallenBack, Map<String, Object> before)
            throws IOException {
        RunFile runFile = RunFile.open(folder);
        ProcessStarter starter = before.isEmpty()
                ? new ProcessStarter(runFile::add)
                : ProcessStarter.takeOver((Map<String, Object>) before.get("starter"), runFile::add);
        SpawnStarter spawn = spawn(starter, runFile);
        if (method == StartMethod.SPAWN) {
            return spawn;
        }
        LauncherProcess current = before.isEmpty()
                ? null
                : ForkServer.takeOver(starter, (Map<String, Object>) before.get("launcher"), patience);
        return new ForkStarter(method, source(method, starter, patience), command, spawn, fallenBack, current);
    }

    private SpawnStarter spawn(ProcessStarter starter, RunFile runFile) {
        return new SpawnStarter(
                starter,
                command,
                recorder(),
                runFile,
                new CrashFiles(
                        installation.home().folder().resolve("crashes"), config.crashFiles(), config.coreDumps()),
                installation.sandbox(),
                installation.home());
    }

    private ForkStarter.Source source(StartMethod method, ProcessStarter starter, Patience patience) {
        if (method == StartMethod.FORK) {
            return (sockets, what, progress) ->
                    EntryPoint.connect(EntryPointLink.find().orElseThrow(), sockets, what, patience, progress);
        }
        return (sockets, what, progress) -> ForkServer.start(
                starter,
                new ForkServer.Command(
                        installation.launcher().orElseThrow(),
                        installation.sandbox().variables().unwanted(),
                        List.of()),
                sockets,
                what,
                patience,
                progress);
    }

    private AotRecorder recorder() {
        return new AotRecorder(command, config.aotCache(), installation.sandbox(), installation.home());
    }

    /**
     * Records the workers' AOT cache below the home unless it exists. Blocks for seconds.
     *
     * @return its file, or empty if it could not be recorded; the log says why
     */
    public Optional<Path> recordAotCache(Path model) throws InterruptedException {
        try (ProcessStarter starter = new ProcessStarter()) {
            return recorder().record(starter, installation.libraries(), model).get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Ends what an earlier application's starter has handed over, with all its workers, if no application takes it
     * over.
     */
    @SuppressWarnings("unchecked")
    public static void discard(Map<String, Object> before) {
        // by the thread that created them
        ProcessStarter.takeOver((Map<String, Object>) before.get("starter"), (name, command, pid) -> {})
                .close();
    }
}
