package io.quern.cli;

import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import io.quern.admission.Admission;
import io.quern.pool.WorkerPool;
import io.quern.settings.Setting;

/** The engine as a process of its own: runs until it is told to stop. */
public final class Engine implements QuarkusApplication {
    private final Admission admission;
    private final WorkerPool pool;
    private final ShutdownConfig config;

    Engine(Admission admission, WorkerPool pool, ShutdownConfig config) {
        this.admission = admission;
        this.pool = pool;
        this.config = config;
    }

    @Override
    public int run(String... args) {
        new Setting("quern.shutdown.grace").notNegative(config.grace());
        GracefulStop stop = new GracefulStop(admission, pool, config.grace());
        if (LaunchMode.current() == LaunchMode.NORMAL) {
            stop.onSignals();
            if (config.whenWorkersAreLost()) {
                stop.onLoss();
            }
        }
        if (LaunchMode.current() == LaunchMode.DEVELOPMENT) {
            endWithMaven();
        }
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
