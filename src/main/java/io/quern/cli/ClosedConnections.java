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

    /** Why a connection was closed, with the words of the log. */
    enum Reason {
        HEAD_TIMEOUT("whose request's head was not complete in time (quern.http.head-timeout)"),
        IDLE_EVICTED("that were idle, to make room (quarkus.http.limits.max-connections, max-connections-per-address)"),
        HEADS_EVICTED("with incomplete heads, which took too much memory together"),
        REFUSED("refused, as all others had a request under way (quarkus.http.limits.max-connections)"),
        ADDRESS_REFUSED(
                "refused, as their address had too many with a request (quern.http.max-connections-per-address)");

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

    /** Safe for use by several threads, as is {@link #count}. */
    void add(Reason reason) {
        counter(reason).increment();
    }

    long count(Reason reason) {
        return counter(reason).sum();
    }

    private LongAdder counter(Reason reason) {
        return Objects.requireNonNull(closed.get(reason));
    }

    /** Logs what has been added since the last line, at most one line a reason in ten seconds. For one thread. */
    void log(long now) {
        if (now - loggedAt < LOG_EVERY) {
            return;
        }
        for (Reason reason : Reason.values()) {
            long sum = count(reason);
            long more = sum - logged.put(reason, sum);
            if (more > 0) {
                loggedAt = now;
                // browsers open connections that they do not use: those end by the first, and nobody needs to be warned
                LOG.logf(
                        reason == Reason.HEAD_TIMEOUT ? Level.INFO : Level.WARN,
                        "HTTP connections %s: %d more, %d in all",
                        reason.words,
                        more,
                        sum);
            }
        }
    }
}
