package io.quern.pool;

import io.quern.wire.WorkerSettings;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The one-time tokens with which starting workers identify themselves. Thread-safe. */
final class Tokens {
    /** @param settings the settings that the engine sends to the worker; empty if the worker already has them */
    record Holder(Worker worker, WorkerLife life, Optional<WorkerSettings> settings) {}

    private static final int TOKEN_BYTES = 32;

    private final SecureRandom random = new SecureRandom();
    private final Map<String, Holder> open = new ConcurrentHashMap<>();

    /** Issues a token. Replaces a token that a start method which then failed has used for the same life. */
    String issue(Worker worker, WorkerLife life, WorkerSettings settings) {
        open.values().removeIf(holder -> holder.life() == life);
        String token = make();
        open.put(token, new Holder(worker, life, Optional.of(settings)));
        return token;
    }

    /** Makes a token that is not valid for this application. */
    String make() {
        byte[] bytes = new byte[TOKEN_BYTES];
        random.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    /** Expects a worker that already has this token and its settings. */
    void expect(String token, Worker worker, WorkerLife life) {
        open.put(token, new Holder(worker, life, Optional.empty()));
    }

    /**
     * Returns the holder of a token and removes the token, so it works only once. With 256 random bits, the timing of
     * the look-up reveals nothing.
     */
    Holder redeem(String token) {
        return open.remove(token);
    }

    void revoke(Worker worker) {
        open.values().removeIf(holder -> holder.worker() == worker);
    }
}
