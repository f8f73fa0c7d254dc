package io.quern.ops;

import io.quern.catalog.ModelEvent;
import io.smallrye.mutiny.Multi;
import io.vertx.core.Context;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.concurrent.Flow.Subscriber;
import java.util.concurrent.Flow.Subscription;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes the server-sent events for one reader, as fast as the reader takes them. It runs on the event loop of its
 * connection.
 */
final class EventWriter implements Subscriber<String> {
    private static final String GIVEN_WAY = ":this stream gave way to a newer reader (quern.ops.max-event-streams)\n\n";

    private final HttpServerResponse response;
    private final Context context;
    private @Nullable Subscription events;
    private boolean ended;

    EventWriter(RoutingContext http) {
        response = http.response();
        context = http.vertx().getOrCreateContext();
    }

    /**
     * Returns the texts of the events: first the present state of the pool, then each event, and comments in between
     * for proxies.
     */
    static Multi<String> text(Multi<Object> following, Supplier<PoolPage> page, boolean all, Duration keepAlive) {
        Multi<String> changes = following.map(event -> switch (event) {
            case PoolEvents.WorkerEvent worker -> event("worker", worker, all);
            case ModelEvent model -> event("model", model, all);
            case PoolEvents.Migration migration -> event("migration", migration, all);
            default -> throw new IllegalStateException("no event: " + event);
        });
        Multi<String> first = Multi.createFrom().item(() -> event("pool", page.get(), all));
        Multi<String> comments = keepAlive.toMillis() <= 0
                ? Multi.createFrom().nothing()
                : Multi.createFrom()
                        .ticks()
                        .every(keepAlive)
                        .onOverflow()
                        .drop()
                        .map(tick -> ":keep-alive\n\n");
        // all are subscribed to at once, so nothing is missed between the first event and the next
        return Multi.createBy().merging().streams(first, changes, comments);
    }

    private static String event(String name, Object data, boolean all) {
        return "event:" + name + "\ndata:" + OpsJson.line(data, all) + "\n\n";
    }

    /** Starts writing. To be called on the connection's event loop. */
    void write(Multi<String> texts) {
        response.closeHandler(closed -> end());
        response.exceptionHandler(failure -> end());
        texts.emitOn(turn -> context.runOnContext(now -> turn.run()))
                .subscribe()
                .withSubscriber(this);
    }

    /** Ends the stream to make room for a newer reader. May be called from any thread. */
    void giveWay() {
        context.runOnContext(now -> {
            if (!ended) {
                response.write(GIVEN_WAY);
                end();
            }
        });
    }

    @Override
    public void onSubscribe(Subscription subscription) {
        events = subscription;
        askForMore();
    }

    @Override
    public void onNext(String text) {
        if (ended) {
            return;
        }
        response.write(text);
        if (response.writeQueueFull()) {
            response.drainHandler(drained -> askForMore());
        } else {
            askForMore();
        }
    }

    @Override
    public void onError(Throwable failure) {
        // the reader was too slow; it may connect again
        end();
    }

    @Override
    public void onComplete() {
        end();
    }

    private void askForMore() {
        if (events != null) {
            events.request(1);
        }
    }

    private void end() {
        if (!ended) {
            ended = true;
            if (events != null) {
                events.cancel();
            }
            if (!response.ended() && !response.closed()) {
                response.end();
            }
        }
    }
}
