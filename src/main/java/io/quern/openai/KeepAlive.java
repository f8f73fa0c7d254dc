package io.quern.openai;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;

/**
 * Writes a comment into an event stream that has been silent for a while. It keeps proxies from closing the stream, and
 * reveals a client that has vanished, because the comment cannot be delivered. For use on the exchange's event loop.
 */
final class KeepAlive {
    private static final Buffer COMMENT = Buffer.buffer(": keep-alive\n\n");

    private final Vertx vertx;
    private final HttpServerResponse response;
    private long timer = -1;
    private boolean silent;

    private KeepAlive(Vertx vertx, HttpServerResponse response) {
        this.vertx = vertx;
        this.response = response;
    }

    /**
     * Starts watching a stream.
     *
     * @param interval time between two checks, so a silence may last up to twice as long; zero: no checks
     */
    static KeepAlive start(RoutingContext http, Duration interval) {
        KeepAlive stream = new KeepAlive(http.vertx(), http.response());
        if (interval.toMillis() > 0) {
            stream.timer = http.vertx().setPeriodic(interval.toMillis(), tick -> stream.look());
        }
        return stream;
    }

    /** Records that the stream has sent something else. */
    void written() {
        silent = false;
    }

    void stop() {
        vertx.cancelTimer(timer);
    }

    private void look() {
        if (response.ended() || response.closed()) {
            stop();
        } else if (silent && !response.writeQueueFull()) {
            response.write(COMMENT);
        }
        silent = true;
    }
}
