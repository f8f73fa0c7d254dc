package io.quern.openai;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.net.SocketAddress;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Decides who may use the API, and refuses everyone else. For use on the exchange's event loop.
 *
 * <p>A valid key is always served, whatever its address sent before. Many clients may share an address, and one of them
 * must not lock out the others. Only answers to wrong keys are throttled.
 */
record Authentication(ApiKeys keys, FailedLogins failures, Answers answers) {

    /**
     * Returns the client, or empty if the request has no valid key. In that case the refusal has been written or will
     * be.
     */
    Optional<String> client(RoutingContext http) {
        String authorization = http.request().getHeader(HttpHeaders.AUTHORIZATION);
        String address = address(http);
        Optional<String> client = keys.client(authorization, address);
        if (client.isEmpty()) {
            refuse(http, failures.failed(address, authorization != null));
        }
        return client;
    }

    private void refuse(RoutingContext http, Optional<Duration> throttled) {
        if (throttled.isEmpty()) {
            answers.error(http, ApiKeys.refusal());
            return;
        }
        ApiError error = ApiKeys.throttled(throttled.get());
        // the number of timers is bounded; beyond it the answer goes out at once
        Optional<Duration> delay = failures.beginDelay();
        if (delay.isEmpty()) {
            answers.error(http, error);
            return;
        }
        http.vertx().setTimer(delay.get().toMillis(), expired -> {
            failures.endDelay();
            answers.error(http, error);
        });
    }

    /** Returns the address of the connection's other end, or null if it is unknown. */
    private static @Nullable String address(RoutingContext http) {
        SocketAddress remote = http.request().remoteAddress();
        return remote == null ? null : remote.hostAddress();
    }
}
