package io.quern.cli;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import org.jboss.logging.Logger;
import org.jboss.logging.Logger.Level;

/** Counts the connections that the gate has closed or refused, by reason, and reports them in the log. */
final class ClosedConnections {
    private static final Logger LOG = Logger.getLogger(ConnectionGate.class);
    private static final long LOG_EVERY = Duration.ofSeconds(10).toNanos();

    /** The reasons for which the gate closes connections, with their texts for the log. */
    enum Reason {
        HEAD_TIMEOUT("closed, because a request's head did not arrive in time (quern.http.head-timeout)"),
        IDLE_EVICTED(
                "closed while idle, to make room (quarkus.http.limits.max-connections, quern.http.max-connections-per-address)"),
        HEADS_EVICTED("closed, because incomplete heads together used too much memory"),
        REFUSED("refused, because all others had a running request (quarkus.http.limits.max-connections)"),
        ADDRESS_REFUSED(
                "refused, because their address had too many with a running request (quern.http.max-connections-per-address)");

        private final String words;

        Reason(String words) {
            this.words = words;
        }
    }

    private final Map<Reason, LongAdder> closed = new EnumMap<>(Reason.class);
    private final Map<Reason, Long> logged = new EnumMap<>(Reason.class);
    private long loggedAt;

    ClosedConnections(long nanoTime) {
        for (Reason reason : Reason.values()) {
            closed.put(reason, new LongAdder());
            logged.put(reason, 0L);
        }
        loggedAt = nanoTime - LOG_EVERY;
    }

    /** Counts one connection. Thread-safe, as is {@link #count}. */
    void add(Reason reason) {
        counter(reason).increment();
    }

    long count(Reason reason) {
        return counter(reason).sum();
    }

    private LongAdder counter(Reason reason) {
        return Objects.requireNonNull(closed.get(reason));
    }

    /** Logs what was added since the last report, at most once in ten seconds. Only one thread may call this. */
    void log(long now) {
        if (now - loggedAt < LOG_EVERY) {
            return;
        }
        for (Reason reason : Reason.values()) {
            long sum = count(reason);
            long more = sum - logged.put(reason, sum);
            if (more > 0) {
                loggedAt = now;
                // browsers open connections that they do not use; those time out, which needs no warning
                LOG.logf(
                        reason == Reason.HEAD_TIMEOUT ? Level.INFO : Level.WARN,
                        "HTTP connections %s: %d since the last report, %d in total",
                        reason.words,
                        more,
                        sum);
            }
        }
    }
}
