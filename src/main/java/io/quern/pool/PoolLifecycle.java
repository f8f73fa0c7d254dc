package io.quern.pool;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.quern.boot.BootPlan;
import io.quern.boot.BootPlanner;
import io.quern.boot.MemoryCheck;
import io.quern.boot.MemoryPlan;
import io.quern.boot.WorkersWanted;
import io.quern.device.Cgroup;
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
import io.quern.policy.Decision;
import io.quern.policy.StartMethod;
import io.quern.process.Leftovers;
import io.quern.settings.ByteFormat;
import io.quern.socket.FrameListener;
import io.quern.wire.EngineFrame;
import io.quern.wire.WorkerFrame;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Connects the pool to the start and the end of the application. */
@Singleton
final class PoolLifecycle {
    private static final KeyedLog LOG = KeyedLog.of(PoolLifecycle.class);

    /** Time to stop beyond the configured patience. */
    private static final Duration SLACK = Duration.ofSeconds(2);

    private final WorkerPool pool;
    private final PoolConfig config;
    private final WorkerConfig workerConfig;
    private final BootPlanner planner;
    private final InlineWorker inline;
    private final LiveReload reload;
    private final WorkerSpecs specs;

    PoolLifecycle(
            WorkerPool pool,
            PoolConfig config,
            WorkerConfig workerConfig,
            BootPlanner planner,
            InlineWorker inline,
            LiveReload reload) {
        this.pool = pool;
        this.config = config;
        this.workerConfig = workerConfig;
        this.planner = planner;
        this.inline = inline;
        this.reload = reload;
        this.specs = new WorkerSpecs(config.workers(), workerConfig);
    }

    /**
     * Starts the pool.
     *
     * @throws ConfigurationException if the configuration cannot work, before any worker starts
     */
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
            // Quarkus prints only the message of an exception of this type without a cause: a person needs that, not
            // a stack trace
            throw new ConfigurationException(e.getMessage());
        }
    }

    private void start() throws IOException, InterruptedException {
        BootPlan plan = planner.plan(new WorkersWanted(config.workers(), config.standbys(), config.memoryCheck()));
        Decision decision = plan.decision().orThrow();
        Installation installation = plan.parts().whole();
        DecisionLog.write(decision);
        LOG.infof("sandbox: %s", plan.confinement().orThrow());
        Optional<MemoryPlan> memory = memory(plan);
        Path run = installation.home().run(FrameListener::fits);
        Leftovers.reap(run, FrameListener.DIRECTORY_PREFIX).forEach(PoolLifecycle::log);
        Optional<HandOver> before =
                reload.takeOver(decision.method(), workerConfig, installation, specs.of(plan, memory, Path.of("")));
        try {
            FrameListener<WorkerFrame, EngineFrame> listener = before.isPresent()
                    ? FrameListener.takeOver(before.get().door(), WorkerFrame.parser(), workerConfig.maxFrameBytes())
                    : FrameListener.open(run, WorkerFrame.parser(), workerConfig.maxFrameBytes());
            pool.start(
                    new Launch(decision, starter(plan, listener.socket().getParent(), before), listener),
                    new Roster(
                            config.workers(),
                            specs.of(plan, memory, listener.socket()),
                            before.map(HandOver::workers).orElse(Map.of())),
                    new MemoryLimits(memory, Cgroup.own()));
        } catch (IOException | RuntimeException e) {
            before.ifPresent(HandOver::discard);
            throw e;
        }
        if (before.isPresent()) {
            awaitTakenOver();
        }
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
                                config.startTimeout(),
                                pool::fellBackToSpawn,
                                before.map(HandOver::starter).orElse(Map.of()));
        return WorkerStarters.awaitingMemory(
                starter,
                plan.devices().orThrow(),
                () -> planner.devicesNow(plan.host(), installation),
                config.restart().memoryTimeout());
    }

    /** @throws ConfigurationException if the workers do not fit into memory and the check is enforced */
    private static Optional<MemoryPlan> memory(BootPlan plan) {
        if (plan.workers().standbysUnused(plan.decision().orThrow().method())) {
            LOG.warnf("quern.pool.standbys is ignored, because the start method inline has no standbys");
        }
        if (plan.host().cpus() < 1) {
            LOG.warnf(
                    "this process may use %s, so the start and the answers will be slow (docs/howto/resources.md)",
                    plan.host().cpusText());
        }
        Optional<MemoryPlan> memory = plan.memoryKeptTo();
        memory.ifPresent(kept -> log(kept, plan.workers().memoryCheck()));
        return memory;
    }

    private static void log(MemoryPlan memory, MemoryCheck check) {
        if (memory.problem() != null) {
            LOG.warnf("memory: %s%s", memory.problem(), inUse());
        } else if (!memory.lowered().isEmpty()) {
            LOG.warnf("memory: %s%s", memory.lowered(), inUse());
        } else if (check == MemoryCheck.ENFORCE) {
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
            LOG.warnf("some workers are still running after %s; they end with this process", limit);
        } catch (ExecutionException e) {
            LOG.warnf("cannot stop the workers: %s", e.getCause().getMessage());
        }
    }
}
