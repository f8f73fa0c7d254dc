package io.quern.launch;

import io.quern.home.QuernHome;
import io.quern.jvm.AotRecorder;
import io.quern.jvm.CrashFiles;
import io.quern.jvm.CrashTrace;
import io.quern.jvm.WorkerCommand;
import io.quern.jvm.WorkerEnvironment;
import io.quern.policy.StartMethod;
import io.quern.process.ChildCommand;
import io.quern.process.ChildProcess;
import io.quern.process.ProcessStarter;
import io.quern.process.RunFile;
import io.quern.sandbox.NeededFiles;
import io.quern.sandbox.Sandbox;
import io.quern.threads.EngineThreads;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** Implements the start method spawn: each worker is a fresh JVM with a small class path of its own. */
final class SpawnStarter implements WorkerStarter {
    private final ProcessStarter starter;
    private final WorkerCommand command;
    private final AotRecorder recorder;
    private final RunFile runFile;
    private final CrashFiles crashFiles;
    private final Sandbox sandbox;
    private final QuernHome home;
    private final long enginePid = ProcessHandle.current().pid();

    /** @param runFile closed with this object */
    SpawnStarter(
            ProcessStarter starter,
            WorkerCommand command,
            AotRecorder recorder,
            RunFile runFile,
            CrashFiles crashFiles,
            Sandbox sandbox,
            QuernHome home) {
        this.starter = starter;
        this.command = command;
        this.recorder = recorder;
        this.runFile = runFile;
        this.crashFiles = crashFiles;
        this.sandbox = sandbox;
        this.home = home;
    }

    @Override
    public StartMethod method() {
        return StartMethod.SPAWN;
    }

    @Override
    public CompletionStage<ChildProcess> launch(WorkerSpec spec, TokenIssuer tokens, LaunchEvents events) {
        // runs on the starter's thread, since it reads folders and jars
        return starter.start(() -> new ChildCommand(
                "worker-" + spec.id(),
                confined(spec),
                WorkerEnvironment.added(spec.id(), spec.threads(), spec.devices()),
                sandbox.variables().unwanted(),
                tokens.issue(spec.settings().toBuilder()
                        .setSeal(sandbox.seals(spec.libraries(), spec.faults()))
                        .build()),
                events::output));
    }

    @Override
    public void prepareNext(WorkerSpec like) {
        // it reads the jars, which would block the supervising thread
        EngineThreads.daemon("quern-aot-recorder")
                .start(() -> recorder.record(starter, like.libraries(), like.model()));
    }

    private List<String> confined(WorkerSpec spec) {
        return sandbox.over(command.line(options(spec), spec.arguments(enginePid)), confinement(spec, false));
    }

    /** Returns a worker's restrictions. Reads files. */
    List<String> confinement(WorkerSpec spec, boolean forked) {
        return sandbox.worker(needed(spec), crashFiles.folder(), forked, spec.faults());
    }

    /** Returns the restrictions of the launcher that forks the worker. */
    List<String> confinementOfLauncher(WorkerSpec spec, StartMethod method) {
        return sandbox.launcher(needed(spec), crashFiles.folder(), spec.faults(), method);
    }

    private NeededFiles needed(WorkerSpec spec) {
        return command.needed(spec.libraries(), spec.model(), home);
    }

    Sandbox sandbox() {
        return sandbox;
    }

    /** Returns JVM options beyond those of the command. Reads the jars. */
    List<String> options(WorkerSpec spec) {
        List<String> options = new ArrayList<>(crashFiles.options());
        options.addAll(spec.bounds().options());
        options.addAll(recorder.useOptions());
        return options;
    }

    @Override
    public Optional<CrashTrace> crash(long pid) {
        return crashFiles.of(pid);
    }

    @Override
    public Optional<RunFile> runFile() {
        return Optional.of(runFile);
    }

    @Override
    public boolean handsOver() {
        return true;
    }

    @Override
    public Optional<Map<String, Object>> handOver() {
        recorder.stop();
        return Optional.of(Map.of("starter", starter.handOver()));
    }

    @Override
    public ChildProcess takeUp(WorkerSpec spec, Map<String, Object> child, LaunchEvents events) {
        return starter.takeUp(child, events::output);
    }

    @Override
    public void close() {
        recorder.stop();
        starter.close();
        runFile.close();
    }
}
