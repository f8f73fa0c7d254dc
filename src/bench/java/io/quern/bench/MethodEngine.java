package io.quern.bench;

import java.nio.file.Path;
import java.util.Map;

/**
 * The packaged engine with one start method. Each worker has one inference thread and is restarted immediately after it
 * ends.
 *
 * @param launcher path of the launcher; it is the entry point if the method is fork
 */
public record MethodEngine(Path jar, Path home, Path launcher, String method, int workers) implements Service.Kind {
    @Override
    public String title() {
        return method;
    }

    @Override
    public ProcessBuilder command(Path model, int slots, int context, int port) {
        ProcessBuilder builder = new Service.Quern(jar, home).command(model, slots, context, port);
        builder.environment()
                .putAll(Map.of(
                        "QUERN_WORKER_START_METHOD", method,
                        "QUERN_WORKER_THREADS", "1",
                        "QUERN_POOL_WORKERS", Integer.toString(workers),
                        "QUERN_POOL_RESTART_INITIAL_DELAY", "1ms",
                        "QUERN_POOL_RESTART_MAX_DELAY", "1ms",
                        "QUERN_POOL_RESTART_MAX_RESTARTS", "1000"));
        if (method.equals("fork")) {
            builder.command().add(0, launcher.toString());
            builder.command().add(1, "--");
        }
        return builder;
    }
}
