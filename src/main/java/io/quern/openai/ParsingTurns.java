package io.quern.openai;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.Callable;

/**
 * Parses bodies off the event loops, and only a few of one client at a time: a body with a complex schema may take half
 * a second, and the bodies of one client must not take all threads. Thread-safe; nothing blocks.
 */
final class ParsingTurns {
    private final int limit;
    private final Map<String, Client> clients = new HashMap<>();

    /** The bodies of one client. */
    private static final class Client {
        final Queue<Runnable> waiting = new ArrayDeque<>();
        int parsing;
    }

    /** @param limit bodies of one client that are parsed at the same time */
    ParsingTurns(int limit) {
        this.limit = limit;
    }

    /**
     * Parses a body when it is the client's turn.
     *
     * @param context of the exchange, on which the future completes
     */
    <T> Future<T> parse(String client, Context context, Callable<T> parser) {
        Promise<T> parsed = Promise.promise();
        Runnable turn = () -> context.executeBlocking(parser, false).onComplete(result -> {
            ended(client);
            parsed.handle(result);
        });
        boolean now;
        synchronized (this) {
            Client of = clients.computeIfAbsent(client, name -> new Client());
            now = of.parsing < limit;
            if (now) {
                of.parsing++;
            } else {
                of.waiting.add(turn);
            }
        }
        if (now) {
            turn.run();
        }
        return parsed.future();
    }

    /** The next body takes the place of one that is parsed. */
    private void ended(String client) {
        Runnable next;
        synchronized (this) {
            Client of = clients.get(client);
            next = of == null ? null : of.waiting.poll();
            if (of != null && next == null && --of.parsing == 0) {
                clients.remove(client);
            }
        }
        if (next != null) {
            next.run();
        }
    }

    /** Returns the number of clients with bodies. */
    synchronized int clients() {
        return clients.size();
    }
}
