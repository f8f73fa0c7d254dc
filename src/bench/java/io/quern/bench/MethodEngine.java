package io.quern.bench;

import java.nio.file.Path;
import java.util.Map;

/**
 * The packaged engine with workers of one start method, of one inference thread each, started again at once when they end.
 *
 * @param launcher the launcher, the entry point where the method is fork
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
