package io.quern.pool;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.quarkus.runtime.configuration.MemorySize;
import io.quern.device.Cgroup;
import io.quern.device.DeviceConfig;
import io.quern.device.DeviceProbe;
import io.quern.device.DeviceReport;
import io.quern.device.HostFacts;
import io.quern.device.HostProbe;
import io.quern.fork.LauncherProgram;
import io.quern.home.DamagedBundleException;
import io.quern.home.HomeConfig;
import io.quern.home.HomeException;
import io.quern.home.QuernHome;
import io.quern.jvm.ProbeCommand;
import io.quern.jvm.WorkerBounds;
import io.quern.jvm.WorkerRuntime;
import io.quern.launch.InlineWorker;
import io.quern.launch.Launcher;
import io.quern.launch.Launchers;
import io.quern.launch.ProcessProbe;
import io.quern.launch.WorkerConfig;
import io.quern.launch.WorkerSpec;
import io.quern.libraries.LlamaConfig;
import io.quern.libraries.LlamaLibraries;
import io.quern.libraries.LlamaLibrariesException;
import io.quern.model.ModelFileException;
import io.quern.model.ModelMemory;
import io.quern.model.ServedModel;
import io.quern.policy.Decision;
import io.quern.policy.StartMethod;
import io.quern.policy.StartMethodConfig;
import io.quern.policy.StartMethodPolicy;
import io.quern.process.Leftovers;
import io.quern.sandbox.Sandbox;
import io.quern.settings.ByteFormat;
import io.quern.socket.FrameListener;
import io.quern.wire.EngineFrame;
import io.quern.wire.WorkerFrame;
import io.quern.wire.WorkerSettings;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.jboss.logging.Logger;

/** Ties the pool to the application's start and end. */
@Singleton
final class PoolLifecycle {
    private static final Logger LOG = Logger.getLogger(PoolLifecycle.class);

    /** Beyond the stop ladder's own patience. */
    private static final Duration SLACK = Duration.ofSeconds(2);

    private final WorkerPool pool;
    private final PoolConfig config;
    private final WorkerConfig workerConfig;
    private final LlamaConfig llamaConfig;
    private final DeviceConfig deviceConfig;
    private final ServedModel model;
    private final HomeConfig homeConfig;
    private final InlineWorker inline;
    private final LiveReload reload;

    PoolLifecycle(
            WorkerPool pool,
            PoolConfig config,
            WorkerConfig workerConfig,
            LlamaConfig llamaConfig,
            DeviceConfig deviceConfig,
            ServedModel model,
            HomeConfig homeConfig,
            InlineWorker inline,
            LiveReload reload) {
        this.pool = pool;
        this.config = config;
        this.workerConfig = workerConfig;
        this.llamaConfig = llamaConfig;
        this.deviceConfig = deviceConfig;
        this.model = model;
        this.homeConfig = homeConfig;
        this.inline = inline;
        this.reload = reload;
    }

    /** @throws ConfigurationException where the configuration cannot work, before any worker is started */
    void started(@Observes StartupEvent event) throws InterruptedException {
        try {
            start();
        } catch (ModelFileException
                | LlamaLibrariesException
                | HomeException
                | DamagedBundleException
                | IllegalArgumentException
                | IllegalStateException
                | IOException e) {
            // of this type, and without a cause, Quarkus prints the message alone: what a person needs, not a stack
            // trace
            throw new ConfigurationException(e.getMessage());
        }
    }

    private void start() throws IOException, InterruptedException {
        HostFacts host = HostProbe.look();
        QuernHome home = QuernHome.locate(homeConfig);
        Path libraries = new LlamaLibraries(llamaConfig.library(), home).folder();
        WorkerRuntime runtime = WorkerRuntime.find(workerConfig.java(), home);
        Optional<Path> program = LauncherProgram.file(home);
        Sandbox sandbox = Launchers.sandbox(workerConfig, program);
        DeviceReport devices =
                DeviceProbe.report(deviceConfig, host, () -> ProbeCommand.of(runtime, sandbox, Optional.of(libraries)));
        Decision decision = StartMethodPolicy.decide(
                StartMethodConfig.of(workerConfig.startMethod(), workerConfig.numaBinding(), workerConfig.devices()),
                host,
                devices,
                ProcessProbe.look(Optional.of(runtime.java()), program));
        model.open();
        DecisionLog.write(decision);
        tell(sandbox, decision.method(), libraries);
        int workers = config.workers() + standbys(decision);
        Optional<MemoryPlan> plan = plan(decision, host, devices, workers);
        Path run = home.run(FrameListener::fits);
        Leftovers.reap(run, FrameListener.DIRECTORY_PREFIX).forEach(PoolLifecycle::tell);
        Optional<HandOver> before = reload.takeOver(
                decision.method(),
                workerConfig,
                runtime,
                sandbox,
                program,
                specs(decision, plan, workers, Path.of(""), libraries, host, devices));
        try {
            FrameListener<WorkerFrame, EngineFrame> listener = before.isPresent()
                    ? FrameListener.takeOver(before.get().door(), WorkerFrame.parser(), workerConfig.maxFrameBytes())
                    : FrameListener.open(run, WorkerFrame.parser(), workerConfig.maxFrameBytes());
            Launcher launcher = Launchers.of(
                    decision,
                    workerConfig,
                    config.startTimeout(),
                    runtime,
                    sandbox,
                    home,
                    listener.socket().getParent(),
                    program,
                    inline,
                    pool::admit,
                    pool::fellBackToSpawn,
                    before.map(HandOver::launcher).orElse(Map.of()));
            pool.start(
                    new Launch(
                            decision,
                            Launchers.awaitingMemory(
                                    launcher,
                                    devices,
                                    // without llama.cpp, which would take memory itself
                                    () -> DeviceProbe.report(
                                            deviceConfig,
                                            host,
                                            () -> ProbeCommand.of(runtime, sandbox, Optional.empty())),
                                    config.restart().memoryTimeout()),
                            listener),
                    new Roster(
                            config.workers(),
                            specs(decision, plan, workers, listener.socket(), libraries, host, devices),
                            before.map(HandOver::workers).orElse(Map.of())),
                    new MemoryLimits(plan, Cgroup.own()));
        } catch (IOException | RuntimeException e) {
            before.ifPresent(HandOver::discard);
            throw e;
        }
        if (before.isPresent()) {
            awaitTakenOver();
        }
    }

    /** @throws ConfigurationException where the model cannot fit into the memory there is */
    private Optional<MemoryPlan> plan(Decision decision, HostFacts host, DeviceReport devices, int workers) {
        if (host.cpus() < 1) {
            LOG.warnf(
                    "this process may use %s: answers will be slow, and so will the start (docs/howto/resources.md)",
                    host.cpusText());
        }
        MemoryPlan plan = MemoryPlan.of(model.metadata(), decision, config, workerConfig, host, devices, workers);
        return switch (config.memoryCheck()) {
            case ENFORCE -> {
                plan.enforced();
                if (plan.lowered().isEmpty()) {
                    LOG.infof("memory: %s%s", plan.text(), inUse());
                } else {
                    LOG.warnf("memory: %s%s", plan.lowered(), inUse());
                }
                yield Optional.of(plan);
            }
            case WARN -> {
                if (plan.problem() != null) {
                    LOG.warnf("memory: %s%s", plan.problem(), inUse());
                }
                yield Optional.of(plan);
            }
            case OFF -> Optional.empty();
        };
    }

    /** Where there is a limit: others of the same group may have taken of it. */
    private static String inUse() {
        Cgroup cgroup = Cgroup.own();
        return cgroup.memoryLimit().isPresent() && cgroup.memoryInUse().isPresent()
                ? "; in use now: " + ByteFormat.of(cgroup.memoryInUse().getAsLong())
                : "";
    }

    private List<WorkerSpec> specs(
            Decision decision,
            Optional<MemoryPlan> plan,
            int workers,
            Path socket,
            Path libraries,
            HostFacts host,
            DeviceReport devices) {
        int threads = MemoryPlan.threads(workerConfig, host, config.workers());
        int slots = plan.map(MemoryPlan::slots).orElse(workerConfig.slots().orElse(MemoryPlan.DEFAULT_SLOTS));
        int contextLength = plan.map(MemoryPlan::contextLength).orElse(workerConfig.contextLength());
        long stateBytes = plan.map(MemoryPlan::stateBytes)
                .orElse(workerConfig.stateMemory().map(MemorySize::asLongValue).orElse(MemoryPlan.DEFAULT_STATE_BYTES));
        ModelMemory memory = ModelMemory.of(model.metadata());
        WorkerBounds bounds = WorkerBounds.of(
                slots,
                contextLength > 0 ? contextLength : memory.defaultContext(),
                memory.vocabulary(),
                memory.longestToken(),
                workerConfig.maxFrameBytes(),
                workerConfig.jvmOptions().orElse(List.of()));
        WorkerSettings.Sequences.Builder sequences =
                WorkerSettings.Sequences.newBuilder().setSlots(slots);
        if (contextLength > 0) {
            sequences.setContextLength(contextLength);
        }
        WorkerSettings.Builder settings = WorkerSettings.newBuilder()
                .setModel(model.file().toString())
                .setLibraries(libraries.toString())
                .setSequences(sequences)
                .setMaxFrameBytes(workerConfig.maxFrameBytes())
                .setFaults(FaultInjector.allowed());
        if (stateBytes > 0 && decision.method() != StartMethod.INLINE) {
            settings.setStateCopies(
                    WorkerSettings.StateCopies.newBuilder().setBytes(stateBytes).setShare(workerConfig.stateShare()));
        }
        WorkerSettings.Computation computation = WorkerSettings.Computation.newBuilder()
                .setThreads(threads)
                .setFlashAttention(workerConfig.flashAttention().used(devices.computesOnGpu(), threads, contextLength))
                .setStepMillis((int) workerConfig.stepTime().toMillis())
                .build();
        return IntStream.range(0, workers)
                .mapToObj(id -> new WorkerSpec(
                        id,
                        socket,
                        workerConfig.devices().map(all -> WorkerSpec.inTurn(id, all)),
                        bounds,
                        settings.setComputation(onNode(id, computation, host)).build()))
                .toList();
    }

    private WorkerSettings.Computation onNode(int id, WorkerSettings.Computation computation, HostFacts host) {
        return workerConfig.numaBinding()
                ? computation.toBuilder()
                        .setNumaNode(WorkerSpec.inTurn(id, host.numaNodes()))
                        .build()
                : computation;
    }

    /** The request that has brought the reload about comes next, and is not to be told that the model is loading. */
    private void awaitTakenOver() throws InterruptedException {
        try {
            pool.firstReady().toCompletableFuture().get(config.helloTimeout().toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            LOG.warnf("no worker of the application before was ready within %s", config.helloTimeout());
        }
    }

    /** A thread of this process is lost with it, and costs as much as one that serves. */
    private int standbys(Decision decision) {
        if (config.standbys() > 0 && decision.method() == StartMethod.INLINE) {
            LOG.warn("quern.pool.standbys is not used: start method inline has none");
            return 0;
        }
        return config.standbys();
    }

    /** @throws IllegalStateException if it is required and cannot be */
    private static void tell(Sandbox sandbox, StartMethod method, Path libraries) {
        sandbox.problem(method, libraries).ifPresent(problem -> {
            throw new IllegalStateException(problem);
        });
        LOG.infof("sandbox: %s", sandbox.text(method, libraries));
    }

    private static void tell(Leftovers.Reaped reaped) {
        LOG.warnf(
                "reaped process %d (%s) of an engine that has ended%s",
                reaped.pid(), reaped.name(), reaped.gone() ? "" : ": it is still there, in the kernel's hands");
    }

    void stopped(@Observes ShutdownEvent event) throws InterruptedException {
        String fingerprint = reload.fingerprint();
        Duration limit = config.stopPatience()
                .plus(fingerprint == null ? Duration.ZERO : config.helloTimeout())
                .plus(SLACK);
        try {
            CompletionStage<?> end = fingerprint == null
                    ? pool.stop()
                    : pool.handOver(fingerprint).thenAccept(left -> left.ifPresent(HandOver::leave));
            end.toCompletableFuture().get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            LOG.warnf("workers were still there after %s; they end with this process", limit);
        } catch (ExecutionException e) {
            LOG.warnf("stopping the workers: %s", e.getCause().getMessage());
        }
    }
}
