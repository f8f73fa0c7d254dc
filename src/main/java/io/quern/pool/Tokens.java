package io.quern.pool;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The one-time tokens by which starting workers prove that they are ours. Safe for use by several threads. */
final class Tokens {
    record Holder(Worker worker, WorkerLife life) {}

    private static final int TOKEN_BYTES = 32;

    private final SecureRandom random = new SecureRandom();
    private final Map<String, Holder> open = new ConcurrentHashMap<>();

    String issue(Worker worker, WorkerLife life) {
        String token = make();
        expect(token, worker, life);
        return token;
    }

    /** One that nobody here is let in by. */
    String make() {
        byte[] bytes = new byte[TOKEN_BYTES];
        random.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    /** The worker has the token already. */
    void expect(String token, Worker worker, WorkerLife life) {
        open.put(token, new Holder(worker, life));
    }

    /** Whose token it is, once: a second use finds nothing. With 256 random bits a look-up's timing tells nobody anything. */
    Holder redeem(String token) {
        return open.remove(token);
    }

    void revoke(Worker worker) {
        open.values().removeIf(holder -> holder.worker() == worker);
    }
}
