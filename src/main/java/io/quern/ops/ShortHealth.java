package io.quern.ops;

import io.quern.pool.PoolView;
import io.quern.settings.ShortPaths;
import org.jspecify.annotations.Nullable;

/**
 * The answer of /health, which load balancers and clients of llama.cpp read: a status and one line.
 *
 * @param retryAfterSeconds seconds to wait, or 0 if there is nothing to wait for
 */
record ShortHealth(int status, String body, int retryAfterSeconds) {
    private static final int SOON_SECONDS = 5;

    static ShortHealth of(PoolView view) {
        return switch (view.state()) {
            case READY -> new ShortHealth(200, "{\"status\":\"ok\"}", 0);
            case STARTING -> unavailable("loading", "Loading model", view.reason(), SOON_SECONDS);
            case UNAVAILABLE -> unavailable("unavailable", "No worker is ready", view.reason(), SOON_SECONDS);
            case FAILED -> unavailable("unavailable", "No worker will become ready again", view.reason(), 0);
            case STOPPING -> unavailable("shutting_down", "Shutting down", view.reason(), 0);
        };
    }

    private static ShortHealth unavailable(String code, String what, @Nullable String reason, int retryAfterSeconds) {
        // this path needs no key, so the answer must not name folders
        String message = reason == null ? what : what + ": " + ShortPaths.in(reason);
        return new ShortHealth(503, OpsJson.error(message, "server_error", code), retryAfterSeconds);
    }
}
