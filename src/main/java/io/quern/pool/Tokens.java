package io.quern.pool;

import io.quern.wire.WorkerSettings;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The one-time tokens by which starting workers prove that they are ours. Safe for use by several threads. */
final class Tokens {
    /** @param settings what the engine sends to the worker; empty: the worker has its settings already */
    record Holder(Worker worker, WorkerLife life, Optional<WorkerSettings> settings) {}

    private static final int TOKEN_BYTES = 32;

    private final SecureRandom random = new SecureRandom();
    private final Map<String, Holder> open = new ConcurrentHashMap<>();

    /** Replaces a token that was issued for the same life before, by a start method that could not be used after all. */
    String issue(Worker worker, WorkerLife life, WorkerSettings settings) {
        open.values().removeIf(holder -> holder.life() == life);
        String token = make();
        open.put(token, new Holder(worker, life, Optional.of(settings)));
        return token;
    }

    /** One that nobody here is let in by. */
    String make() {
        byte[] bytes = new byte[TOKEN_BYTES];
        random.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    /** The worker has the token already, and its settings. */
    void expect(String token, Worker worker, WorkerLife life) {
        open.put(token, new Holder(worker, life, Optional.empty()));
    }

    /** Whose token it is, once: a second use finds nothing. With 256 random bits a look-up's timing tells nobody anything. */
    Holder redeem(String token) {
        return open.remove(token);
    }

    void revoke(Worker worker) {
        open.values().removeIf(holder -> holder.worker() == worker);
    }
}
