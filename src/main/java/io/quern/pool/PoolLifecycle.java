package io.quern.pool;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.quern.device.DeviceConfig;
import io.quern.device.DeviceProbe;
import io.quern.device.DeviceReport;
import io.quern.device.HostFacts;
import io.quern.device.HostProbe;
import io.quern.home.DamagedBundleException;
import io.quern.home.HomeConfig;
import io.quern.home.HomeException;
import io.quern.home.QuernHome;
import io.quern.launch.Decision;
import io.quern.launch.InlineWorker;
import io.quern.launch.Launcher;
import io.quern.launch.LauncherProgram;
import io.quern.launch.Launchers;
import io.quern.launch.LlamaConfig;
import io.quern.launch.LlamaLibraries;
import io.quern.launch.LlamaLibrariesException;
import io.quern.launch.ProbeCommand;
import io.quern.launch.ProcessProbe;
import io.quern.launch.StartMethod;
import io.quern.launch.StartMethodConfig;
import io.quern.launch.StartMethodPolicy;
import io.quern.launch.WorkerConfig;
import io.quern.launch.WorkerSpec;
import io.quern.model.ModelFileException;
import io.quern.model.ServedModel;
import io.quern.socket.FrameListener;
import io.quern.wire.EngineFrame;
import io.quern.wire.WorkerFrame;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
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

    PoolLifecycle(
            WorkerPool pool,
            PoolConfig config,
            WorkerConfig workerConfig,
            LlamaConfig llamaConfig,
            DeviceConfig deviceConfig,
            ServedModel model,
            HomeConfig homeConfig,
            InlineWorker inline) {
        this.pool = pool;
        this.config = config;
        this.workerConfig = workerConfig;
        this.llamaConfig = llamaConfig;
        this.deviceConfig = deviceConfig;
        this.model = model;
        this.homeConfig = homeConfig;
        this.inline = inline;
    }

    /** @throws ConfigurationException where the configuration cannot work, before any worker is started */
    void started(@Observes StartupEvent event) {
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

    private void start() throws IOException {
        PoolSettings.check(config);
        PoolSettings.check(workerConfig);
        HostFacts host = HostProbe.look();
        QuernHome home = QuernHome.locate(homeConfig.home());
        Path libraries = new LlamaLibraries(llamaConfig.library(), home).folder();
        DeviceReport devices = DeviceProbe.report(deviceConfig, host, () -> ProbeCommand.of(Optional.of(libraries)));
        Decision decision =
                StartMethodPolicy.decide(StartMethodConfig.of(workerConfig), host, devices, ProcessProbe.look());
        model.open();
        DecisionLog.write(decision);
        Launcher launcher = Launchers.of(
                decision,
                workerConfig,
                home.folder().resolve("aot"),
                LauncherProgram.file(home),
                inline,
                pool::admit,
                pool::fellBackToSpawn);
        FrameListener<WorkerFrame, EngineFrame> listener =
                FrameListener.open(socketParent(home), WorkerFrame.parser(), workerConfig.maxFrameBytes());
        int threads = workerConfig.threads().orElse(WorkerSpec.defaultThreads(host.cores(), config.workers()));
        pool.start(
                decision,
                launcher,
                listener,
                config.workers(),
                IntStream.range(0, config.workers() + standbys(decision))
                        .mapToObj(id -> new WorkerSpec(
                                id,
                                listener.socket(),
                                model.file(),
                                libraries,
                                workerConfig.slots(),
                                workerConfig.contextLength(),
                                threads,
                                workerConfig.numaBinding()
                                        ? OptionalInt.of(WorkerSpec.inTurn(id, host.numaNodes()))
                                        : OptionalInt.empty(),
                                workerConfig.devices().map(all -> WorkerSpec.inTurn(id, all)),
                                workerConfig.flashAttention(),
                                workerConfig.stepTime().toMillis(),
                                workerConfig.maxFrameBytes(),
                                decision.method() == StartMethod.INLINE
                                        ? 0
                                        : workerConfig.stateMemory().asLongValue(),
                                workerConfig.stateShare(),
                                FaultInjector.allowed()))
                        .toList());
    }

    /** A thread of this process is lost with it, and costs as much as one that serves. */
    private int standbys(Decision decision) {
        if (config.standbys() > 0 && decision.method() == StartMethod.INLINE) {
            LOG.warn("quern.pool.standbys is not used: start method inline has none");
            return 0;
        }
        return config.standbys();
    }

    /** Our home, or the system's folder for temporary files where the socket's path would be too long. */
    private static Path socketParent(QuernHome home) throws IOException {
        Path run = home.folder().resolve("run");
        return FrameListener.fits(run) ? Files.createDirectories(run) : Path.of(System.getProperty("java.io.tmpdir"));
    }

    void stopped(@Observes ShutdownEvent event) throws InterruptedException {
        Duration limit = config.stopPatience().multipliedBy(2).plus(SLACK);
        try {
            pool.stop().toCompletableFuture().get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            LOG.warnf("workers were still there after %s; they end with this process", limit);
        } catch (ExecutionException e) {
            LOG.warnf("stopping the workers: %s", e.getCause().getMessage());
        }
    }
}
