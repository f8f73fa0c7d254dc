package io.quern.cli;

import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import io.quern.catalog.ModelCatalog;
import io.quern.embed.QuernEngine;
import io.quern.engines.EngineRecords;
import io.quern.jvm.NativeExecutable;
import io.quern.pool.PoolConfig;
import io.quern.time.EngineClock;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/** Runs the engine as its own process until it is asked to stop. */
public final class Engine implements QuarkusApplication {
    private static final Logger LOG = Logger.getLogger(Engine.class);

    /** Longest time from SIGKILL to the end of a worker. */
    private static final Duration KILLED_WORKERS_END = Duration.ofSeconds(5);

    private static final Duration LOOK = Duration.ofMillis(50);
    private static final int LOOKS = 200;

    private final ModelCatalog catalog;
    private final ShutdownConfig config;
    private final PoolConfig poolConfig;
    private final QuernEngine engine;
    private final ReadyReport ready;
    private final EngineAnnouncement announcement;
    private final CalibrationConfig calibrationConfig;

    Engine(
            ModelCatalog catalog,
            ShutdownConfig config,
            PoolConfig poolConfig,
            QuernEngine engine,
            ReadyReport ready,
            EngineAnnouncement announcement,
            CalibrationConfig calibrationConfig) {
        this.catalog = catalog;
        this.config = config;
        this.poolConfig = poolConfig;
        this.engine = engine;
        this.ready = ready;
        this.announcement = announcement;
        this.calibrationConfig = calibrationConfig;
    }

    @Override
    public int run(String... args) {
        GracefulStop stop =
                new GracefulStop(catalog, config, poolConfig.stopPatience().plus(KILLED_WORKERS_END));
        if (LaunchMode.current() == LaunchMode.NORMAL) {
            stop.onSignals();
            stop.onError();
            if (!NativeExecutable.isThisProcess()) {
                LateClasses.loadWhenReady(catalog);
            }
            if (config.whenWorkersAreLost()) {
                stop.onLoss();
            }
        }
        if (LaunchMode.current() == LaunchMode.DEVELOPMENT) {
            endWithMaven();
        }
        Optional<IdleTasks> whenIdle = idleTasks();
        // if no worker becomes ready, the pool logs why
        engine.whenReady()
                .chain(this::othersStarted)
                .subscribe()
                .with(
                        ignored -> {
                            ready.lines().lines().forEach(LOG::info);
                            whenIdle.ifPresent(IdleTasks::begin);
                        },
                        failure -> LOG.debugf("The engine did not become ready: %s", failure));
        try (EngineRecords.Announcement announced = announcement.make()) {
            Quarkus.waitForExit();
        } finally {
            whenIdle.ifPresent(IdleTasks::close);
        }
        return stop.exitCode();
    }

    private Optional<IdleTasks> idleTasks() {
        if (LaunchMode.current() != LaunchMode.NORMAL) {
            return Optional.empty();
        }
        List<IdleTask<?>> tasks = new ArrayList<>();
        IdlePace hints = new IdlePace(WeightHint.IDLE_TIME);
        catalog.all().forEach(model -> tasks.add(new WeightHint(model, hints)));
        if (calibrationConfig.enabled()) {
            IdlePace calibrations = new IdlePace(calibrationConfig.idleTime());
            catalog.all()
                    .forEach(model -> tasks.add(new CalibrationTask(model, catalog, calibrationConfig, calibrations)));
        }
        IdleTasks whenIdle =
                new IdleTasks(EngineClock.system(), tasks, () -> catalog.running() + catalog.waiting() > 0);
        catalog.all().forEach(model -> model.admission().observe(whenIdle));
        return Optional.of(whenIdle);
    }

    /**
     * Completes when no worker starts any more, or after a few seconds. Each worker logs that it is ready, and the
     * command to try comes last.
     */
    private Uni<Void> othersStarted() {
        return isStarting()
                ? Uni.createFrom()
                        .item(this::isStarting)
                        .onItem()
                        .delayIt()
                        .by(LOOK)
                        .repeat()
                        .until(starting -> !starting)
                        .select()
                        .first(LOOKS)
                        .collect()
                        .last()
                        .replaceWithVoid()
                : Uni.createFrom().voidItem();
    }

    private boolean isStarting() {
        return catalog.view().workers().stream()
                .anyMatch(worker -> worker.state().equals("starting"));
    }

    /**
     * Ends this JVM and its workers if Maven is killed; Quarkus would leave them running. Installed once, since the JVM
     * survives reloads.
     */
    private static void endWithMaven() {
        if (System.getProperties().putIfAbsent("io.quern.ends-with-maven", "true") == null) {
            Thread end = new Thread(() -> System.exit(0), "quern-maven-is-gone");
            ProcessHandle.current().parent().ifPresent(maven -> maven.onExit().thenRun(end::start));
        }
    }
}
