package io.quern.pool;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.quern.boot.BootPlan;
import io.quern.boot.BootPlanner;
import io.quern.boot.MemoryCheck;
import io.quern.boot.MemoryPlan;
import io.quern.boot.MemoryShare;
import io.quern.boot.Tuning;
import io.quern.boot.WorkersWanted;
import io.quern.device.Cgroup;
import io.quern.fork.Patience;
import io.quern.home.DamagedBundleException;
import io.quern.home.HomeException;
import io.quern.launch.InlineWorker;
import io.quern.launch.Installation;
import io.quern.launch.WorkerConfig;
import io.quern.launch.WorkerStarter;
import io.quern.launch.WorkerStarters;
import io.quern.libraries.LlamaLibrariesException;
import io.quern.log.KeyedLog;
import io.quern.model.ModelFileException;
import io.quern.model.ServedModel;
import io.quern.policy.Decision;
import io.quern.policy.StartMethod;
import io.quern.process.Leftovers;
import io.quern.settings.ByteFormat;
import io.quern.socket.FrameListener;
import io.quern.store.QuantisationChoice;
import io.quern.store.StoreException;
import io.quern.wire.EngineFrame;
import io.quern.wire.WorkerFrame;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Starts the workers of one model as its boot plan says, and ends them. */
public final class PoolLifecycle {
    private static final KeyedLog LOG = KeyedLog.of(PoolLifecycle.class);

    /** Time to stop beyond the configured patience. */
    private static final Duration SLACK = Duration.ofSeconds(2);

    private final WorkerPool pool;
    private final PoolConfig config;
    private final WorkerConfig workerConfig;
    private final BootPlanner planner;
    private final InlineWorker inline;
    private final LiveReload reload;
    private final boolean several;
    private final WorkerSpecs specs;
    private volatile Optional<BootPlan> started = Optional.empty();

    PoolLifecycle(
            WorkerPool pool,
            PoolConfig config,
            WorkerConfig workerConfig,
            BootPlanner planner,
            InlineWorker inline,
            LiveReload reload,
            PrefixMemory prefixes) {
        this.pool = pool;
        this.config = config;
        this.workerConfig = workerConfig;
        this.planner = planner;
        this.inline = inline;
        this.reload = reload;
        this.several = prefixes.several();
        this.specs = new WorkerSpecs(workerConfig, prefixes);
    }

    public WorkerPool pool() {
        return pool;
    }

    /**
     * Returns what a measurement can change at the next start, or empty if nothing was started. Any thread may call it.
     */
    public Optional<Tuning> tuning() {
        return started.map(planner::tuning);
    }

    /**
     * Reads the model's metadata, without a start. Blocks on the disk.
     *
     * @throws RuntimeException if the model cannot be served; the message is meant for a person
     */
    public void open() {
        planner.open();
    }

    /**
     * Returns what chooses the quantisation of the model that is to be downloaded: the best one that fits.
     *
     * @param share the memory that the workers may use
     */
    public QuantisationChoice quantisations(MemoryShare share) {
        return planner.quantisations(wanted(share));
    }

    private WorkersWanted wanted(MemoryShare share) {
        return new WorkersWanted(config.workers(), config.standbys(), config.memoryCheck(), share);
    }

    /**
     * Plans a start. Blocks for some 100 ms.
     *
     * @param share the memory that the workers may use
     * @throws ConfigurationException if the configuration cannot work
     */
    public BootPlan plan(MemoryShare share) throws InterruptedException {
        return explained(() -> planner.plan(wanted(share)));
    }

    /**
     * Starts the pool. The workers load in the background.
     *
     * @throws ConfigurationException if the configuration cannot work, before any worker starts
     */
    public void start(BootPlan plan) throws InterruptedException {
        explained(() -> {
            startAs(plan);
            started = Optional.of(plan);
            return plan;
        });
    }

    private interface Step {
        BootPlan run() throws IOException, InterruptedException;
    }

    private static BootPlan explained(Step step) throws InterruptedException {
        try {
            return step.run();
        } catch (ModelFileException
                | LlamaLibrariesException
                | HomeException
                | DamagedBundleException
                | StoreException
                | IllegalArgumentException
                | IllegalStateException
                | IOException e) {
            // Quarkus prints only the message of an exception of this type without a cause: a person needs that, not
            // a stack trace
            throw new ConfigurationException(e.getMessage());
        }
    }

    private void startAs(BootPlan plan) throws IOException, InterruptedException {
        Decision decision = plan.decision().orThrow();
        Installation installation = plan.parts().whole();
        boolean first = pool.decision() == null;
        if (first) {
            DecisionLog.write(decision);
        }
        String confinement = plan.confinement().orThrow();
        if (first) {
            LOG.infof("sandbox: %s", confinement);
        }
        Optional<MemoryPlan> memory = memory(plan, first);
        Path run = installation.home().run(FrameListener::fits);
        Leftovers.reap(run, FrameListener.DIRECTORY_PREFIX).forEach(PoolLifecycle::log);
        Optional<HandOver> before =
                reload.takeOver(decision.method(), workerConfig, installation, specs.of(plan, memory, Path.of("")));
        try {
            FrameListener<WorkerFrame, EngineFrame> listener = before.isPresent()
                    ? FrameListener.takeOver(before.get().door(), WorkerFrame.parser(), workerConfig.maxFrameBytes())
                    : FrameListener.open(run, WorkerFrame.parser(), workerConfig.maxFrameBytes());
            start(plan, memory, listener, before);
        } catch (IOException | RuntimeException e) {
            before.ifPresent(HandOver::discard);
            throw e;
        }
        if (first) {
            logKernels(plan);
            logStability(plan);
        }
        if (before.isPresent()) {
            awaitTakenOver();
        }
    }

    private void start(
            BootPlan plan,
            Optional<MemoryPlan> memory,
            FrameListener<WorkerFrame, EngineFrame> listener,
            Optional<HandOver> before)
            throws IOException {
        try {
            pool.start(
                    new Launch(
                            plan.decision().orThrow(),
                            starter(plan, listener.socket().getParent(), before),
                            listener,
                            label(plan)),
                    new Roster(
                            plan.topology().orThrow().workers(),
                            specs.of(plan, memory, listener.socket()),
                            specs.textStability(plan, memory),
                            before.map(HandOver::workers).orElse(Map.of())),
                    new MemoryLimits(memory, Cgroup.own()));
        } catch (IOException | RuntimeException e) {
            // the application may go on without this model, and must not keep its socket
            listener.close();
            throw e;
        }
    }

    private void logKernels(BootPlan plan) {
        ServedModel model = plan.model().orThrow();
        if (WorkerSpecs.kernels(plan).areWrongFor(model.metadata())) {
            LOG.infof(
                    "%s: workers do not use AMX, because llama.cpp v0.5.0 computes models of this architecture (%s) wrongly"
                            + " with it. So they are slower than this processor allows",
                    model.id(), model.metadata().architecture().orElse("unknown"));
        }
    }

    private void logStability(BootPlan plan) {
        pool.textStability()
                .filter(stability -> !stability.stable())
                .ifPresent(stability -> LOG.infof(
                        "%s: the text of a request may depend on the requests computed together with it: %s"
                                + " (see docs/internals/exactness.md and quern.worker.batch-invariance)",
                        plan.model().orThrow().id(), String.join("; ", stability.reasons())));
    }

    /** Returns the name of the model for log lines, if the engine has several. */
    private Optional<String> label(BootPlan plan) {
        return several ? plan.model().found().map(ServedModel::id) : Optional.empty();
    }

    /** @param folder the engine's private folder */
    private WorkerStarter starter(BootPlan plan, Path folder, Optional<HandOver> before) throws IOException {
        StartMethod method = plan.decision().orThrow().method();
        Installation installation = plan.parts().whole();
        WorkerStarter starter = method == StartMethod.INLINE
                ? WorkerStarters.inline(inline, pool::admit)
                : new WorkerStarters(installation, workerConfig)
                        .launcher(
                                method,
                                folder,
                                new Patience(
                                        workerConfig.launcherTimeout(), config.startTimeout(), config.stoppedTimeout()),
                                pool::fellBackToSpawn,
                                before.map(HandOver::starter).orElse(Map.of()));
        return WorkerStarters.awaitingMemory(
                starter,
                plan.devices().orThrow(),
                () -> planner.devicesNow(plan.host(), installation),
                config.restart().memoryTimeout());
    }

    /** @throws ConfigurationException if the workers do not fit into memory and the check is enforced */
    private static Optional<MemoryPlan> memory(BootPlan plan, boolean first) {
        if (plan.workers().standbysUnused(plan.decision().orThrow().method())) {
            LOG.warnf("quern.pool.standbys is ignored, because the start method inline has no standbys");
        }
        if (plan.host().cpus() < 1) {
            LOG.warnf(
                    "this process may use %s, so the start and the answers will be slow (docs/howto/resources.md)",
                    plan.host().cpusText());
        }
        Optional<MemoryPlan> memory = plan.memoryKeptTo();
        memory.ifPresent(kept -> log(kept, plan.workers().memoryCheck(), first));
        return memory;
    }

    private static void log(MemoryPlan memory, MemoryCheck check, boolean first) {
        if (memory.problem() != null) {
            LOG.warnf("memory: %s%s", memory.problem(), inUse());
        } else if (!memory.lowered().isEmpty()) {
            LOG.warnf("memory: %s%s", memory.lowered(), inUse());
        } else if (first && check == MemoryCheck.ENFORCE) {
            LOG.infof("memory: %s%s", memory.text(), inUse());
        }
    }

    /** Describes the memory in use if there is a limit, because other processes of the group may use part of it. */
    private static String inUse() {
        Cgroup cgroup = Cgroup.own();
        return cgroup.memoryLimit().isPresent() && cgroup.memoryInUse().isPresent()
                ? "; in use now: " + ByteFormat.of(cgroup.memoryInUse().getAsLong())
                : "";
    }

    /** The request that caused the reload comes next, and should not be refused because the model is loading. */
    private void awaitTakenOver() throws InterruptedException {
        try {
            pool.firstReady().toCompletableFuture().get(config.helloTimeout().toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            LOG.warnf(
                    "no worker of the previous application was ready within %s; requests get 503 until one is",
                    config.helloTimeout());
        }
    }

    private static void log(Leftovers.Reaped reaped) {
        LOG.pid(reaped.pid())
                .warnf(
                        "reaped %s of an engine that has ended%s",
                        reaped.name(), reaped.gone() ? "" : "; it was killed but has not ended yet");
    }

    /**
     * Stops the workers at the end of the application, or leaves them to the next one in development mode. Running
     * requests fail.
     */
    public CompletionStage<?> end() {
        String fingerprint = reload.fingerprint();
        return fingerprint == null
                ? pool.stop()
                : pool.handOver(fingerprint).thenAccept(left -> left.ifPresent(reload::leave));
    }

    /** Returns how long {@link #end} may take. */
    public Duration endLimit() {
        return config.stopPatience()
                .plus(reload.fingerprint() == null ? Duration.ZERO : config.helloTimeout())
                .plus(SLACK);
    }
}
