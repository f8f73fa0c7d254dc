package io.quern.cli;

import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import io.quern.admission.Admission;
import io.quern.embed.QuernEngine;
import io.quern.jvm.NativeExecutable;
import io.quern.pool.PoolConfig;
import io.quern.pool.WorkerPool;
import java.time.Duration;
import org.jboss.logging.Logger;

/** The engine as a process of its own: runs until it is told to stop. */
public final class Engine implements QuarkusApplication {
    private static final Logger LOG = Logger.getLogger(Engine.class);

    /** What SIGKILL may take. */
    private static final Duration KILLED_WORKERS_END = Duration.ofSeconds(5);

    private final Admission admission;
    private final WorkerPool pool;
    private final ShutdownConfig config;
    private final PoolConfig poolConfig;
    private final QuernEngine engine;
    private final ReadyReport ready;

    Engine(
            Admission admission,
            WorkerPool pool,
            ShutdownConfig config,
            PoolConfig poolConfig,
            QuernEngine engine,
            ReadyReport ready) {
        this.admission = admission;
        this.pool = pool;
        this.config = config;
        this.poolConfig = poolConfig;
        this.engine = engine;
        this.ready = ready;
    }

    @Override
    public int run(String... args) {
        GracefulStop stop = new GracefulStop(
                admission, pool, config, poolConfig.stopPatience().plus(KILLED_WORKERS_END));
        if (LaunchMode.current() == LaunchMode.NORMAL) {
            stop.onSignals();
            stop.onError();
            if (!NativeExecutable.isThisProcess()) {
                LateClasses.loadWhenReady(pool);
            }
            if (config.whenWorkersAreLost()) {
                stop.onLoss();
            }
        }
        if (LaunchMode.current() == LaunchMode.DEVELOPMENT) {
            endWithMaven();
        }
        // where no worker becomes ready the pool says why
        engine.whenReady()
                .subscribe()
                .with(
                        itIs -> ready.lines().lines().forEach(LOG::info),
                        failure -> LOG.debugf("not ready: %s", failure));
        Quarkus.waitForExit();
        return stop.exitCode();
    }

    /** Quarkus leaves this JVM, and so its workers, behind where Maven is killed. Asked for once, as the JVM lives on over reloads. */
    private static void endWithMaven() {
        if (System.getProperties().putIfAbsent("io.quern.ends-with-maven", "true") == null) {
            Thread end = new Thread(() -> System.exit(0), "quern-maven-is-gone");
            ProcessHandle.current().parent().ifPresent(maven -> maven.onExit().thenRun(end::start));
        }
    }
}
