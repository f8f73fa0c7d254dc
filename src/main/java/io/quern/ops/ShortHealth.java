package io.quern.ops;

import io.quern.pool.PoolView;
import io.quern.settings.ShortPaths;
import org.jspecify.annotations.Nullable;

/**
 * The answer of /health, which load balancers and llama.cpp's clients ask for: a status and one line.
 *
 * @param retryAfterSeconds 0 where there is nothing to wait for
 */
record ShortHealth(int status, String body, int retryAfterSeconds) {
    private static final int SOON_SECONDS = 5;

    static ShortHealth of(PoolView view) {
        return switch (view.state()) {
            case READY -> new ShortHealth(200, "{\"status\":\"ok\"}", 0);
            case STARTING -> unavailable("loading", "Loading model", view.reason(), SOON_SECONDS);
            case UNAVAILABLE -> unavailable("unavailable", "No worker is ready", view.reason(), SOON_SECONDS);
            case FAILED -> unavailable("unavailable", "No worker will be ready again", view.reason(), 0);
            case STOPPING -> unavailable("shutting_down", "Shutting down", view.reason(), 0);
        };
    }

    private static ShortHealth unavailable(String code, String what, @Nullable String reason, int retryAfterSeconds) {
        // whoever asks: it needs no key
        String message = reason == null ? what : what + ": " + ShortPaths.in(reason);
        return new ShortHealth(503, OpsJson.error(message, "server_error", code), retryAfterSeconds);
    }
}
