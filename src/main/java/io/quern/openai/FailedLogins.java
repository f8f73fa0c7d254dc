package io.quern.openai;

import io.quern.openai.OpenAiConfig.FailedLoginsConfig;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Counts requests without a valid key by client address, in a table of bounded size, and logs them at a bounded rate.
 * It never sees a key or a part of one. Thread-safe; only refused requests take its lock.
 */
final class FailedLogins {
    private static final Logger LOG = Logger.getLogger(FailedLogins.class);
    private static final String UNKNOWN = "an unknown address";

    /** Bytes of an IPv6 address that count: a client usually owns all addresses of such a network. */
    private static final int NETWORK_BYTES = 8;

    /** Number of addresses that a log line names. */
    private static final int NAMED = 3;

    private final FailedLoginsConfig config;
    private final InstantSource clock;
    private final BiConsumer<Duration, Runnable> later;
    private final Map<String, Address> addresses;
    private Instant nextLine = Instant.MIN;
    private boolean linePending;
    private long unreported;
    private int delayed;

    /** The requests of one address. */
    private static final class Address {
        Instant windowEnd = Instant.MIN;
        int wrongKeys;
        long unreported;
    }

    /**
     * Creates an empty table.
     *
     * @param later runs a task after a delay, on any thread
     */
    FailedLogins(FailedLoginsConfig config, InstantSource clock, BiConsumer<Duration, Runnable> later) {
        this.config = config;
        this.clock = clock;
        this.later = later;
        this.addresses = new LinkedHashMap<>(16, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Address> eldest) {
                return size() > config.maxAddresses();
            }
        };
    }

    /**
     * Counts a refused request.
     *
     * @param address of the client, or null if it is unknown
     * @param wrongKey whether the client sent a key; a request without one is logged, but does not count as a guess
     * @return if the address is throttled: time until its wrong keys get a 401 again
     */
    synchronized Optional<Duration> failed(@Nullable String address, boolean wrongKey) {
        Instant now = clock.instant();
        Address from = addresses.computeIfAbsent(network(address), unknown -> new Address());
        from.unreported++;
        unreported++;
        report(now);
        if (!wrongKey) {
            return Optional.empty();
        }
        if (!now.isBefore(from.windowEnd)) {
            from.windowEnd = now.plus(config.window());
            from.wrongKeys = 0;
        }
        if (from.wrongKeys < config.limit()) {
            from.wrongKeys++;
            return Optional.empty();
        }
        return Optional.of(Duration.between(now, from.windowEnd));
    }

    /** Returns how long to delay an answer, or empty for not at all. Each delay must end with {@link #endDelay}. */
    synchronized Optional<Duration> beginDelay() {
        if (config.delay().toMillis() == 0 || delayed >= config.maxDelayed()) {
            return Optional.empty();
        }
        delayed++;
        return Optional.of(config.delay());
    }

    synchronized void endDelay() {
        delayed--;
    }

    private void report(Instant now) {
        if (!now.isBefore(nextLine)) {
            logLine(now);
        } else if (!linePending) {
            linePending = true;
            later.accept(Duration.between(now, nextLine), this::reportPending);
        }
    }

    private synchronized void reportPending() {
        linePending = false;
        logLine(clock.instant());
    }

    private void logLine(Instant now) {
        if (unreported == 0) {
            return; // a request has already written the line
        }
        List<Map.Entry<String, Address>> from = addresses.entrySet().stream()
                .filter(entry -> entry.getValue().unreported > 0)
                .toList();
        String most = from.stream()
                .sorted(Comparator.comparingLong(entry -> -entry.getValue().unreported))
                .limit(NAMED)
                .map(entry -> entry.getValue().unreported + " from " + entry.getKey())
                .collect(Collectors.joining(", "));
        String others = from.size() > NAMED ? " and others from " + (from.size() - NAMED) + " more addresses" : "";
        LOG.warnf("Refused requests without a valid API key (%d): %s%s", unreported, most, others);
        from.forEach(entry -> entry.getValue().unreported = 0);
        unreported = 0;
        nextLine = now.plus(config.logInterval());
    }

    /**
     * Returns the address, or the /64 network of an IPv6 address. Text that is no address, which a proxy may have
     * forwarded, is never logged.
     */
    static String network(@Nullable String address) {
        try {
            InetAddress parsed = address == null ? null : InetAddress.ofLiteral(address);
            if (parsed instanceof Inet6Address) {
                byte[] network = Arrays.copyOf(Arrays.copyOf(parsed.getAddress(), NETWORK_BYTES), 16);
                return InetAddress.getByAddress(network).getHostAddress() + "/64";
            }
            return parsed == null ? UNKNOWN : parsed.getHostAddress();
        } catch (IllegalArgumentException | UnknownHostException e) {
            return UNKNOWN;
        }
    }
}
