package io.quern.pool;

import io.quarkus.runtime.configuration.MemorySize;
import io.quern.boot.MemoryCheck;
import io.quern.settings.AutoNumber;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithConverter;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.OptionalInt;

/** Configures the number of workers, and how the engine keeps them alive. */
@ConfigMapping(prefix = "quern.pool")
public interface PoolConfig {

    /**
     * Worker processes that serve requests. Each loads its own model; forked workers share the weights. {@code auto}:
     * the engine chooses the number.
     */
    @WithDefault(AutoNumber.AUTO)
    @WithConverter(AutoNumber.class)
    OptionalInt workers();

    /**
     * Additional workers that are ready but get no requests. When a serving worker is lost, one takes its place at
     * once. Each is a process and, unless forked, loads its own model. Not with start method {@code inline}.
     */
    @WithDefault("0")
    int standbys();

    /**
     * What to do if a model needs more memory than is available. {@code enforce}: lower the slots, context and state
     * copies that are not configured until the model fits, and refuse to start if it cannot fit. {@code warn}: only log
     * it. {@code off}: nothing.
     */
    @WithDefault("enforce")
    MemoryCheck memoryCheck();

    /** A starting worker that makes no progress for this long is killed and restarted. */
    @WithDefault("60s")
    Duration startTimeout();

    /**
     * A worker that has requests and completes no step for this long is killed and restarted. Its first step may take
     * the start timeout. If steps are slow, the limit is 20 times the longest one.
     */
    @WithDefault("4s")
    Duration stallTimeout();

    /**
     * How often the engine pings a worker that has no requests. A worker that does not answer within the stall timeout
     * is killed and restarted. 0: never.
     */
    @WithDefault("1s")
    Duration pingInterval();

    /**
     * A worker that sends nothing of its answer to a question about tokens ({@code /tokenize}, {@code /detokenize}) for
     * this long is killed and restarted. A long text takes about a second.
     */
    @WithDefault("30s")
    Duration questionTimeout();

    /**
     * A worker whose process is stopped for this long (SIGSTOP, Ctrl-Z) is killed and restarted; so is a fork server
     * that owes an answer. A process that a debugger holds does not count. 0: only the limits above apply. Linux only.
     */
    @WithDefault("200ms")
    Duration stoppedTimeout();

    /** A new connection to the socket of the workers must identify itself within this time. */
    @WithDefault("5s")
    Duration helloTimeout();

    /** Time between the request to stop a worker and SIGKILL. */
    @WithDefault("2s")
    Duration stopPatience();

    Rebalance rebalance();

    /** Configures moves of running streams from one worker to another. */
    interface Rebalance {

        /**
         * Move running streams to less busy workers, for example to one that was restarted, and to fewer workers with
         * more threads if that is faster. A stream that moves continues at once with the same text.
         */
        @WithDefault("true")
        boolean enabled();

        /** Largest state of a stream that moves. A larger one would take too long. */
        @WithDefault("64M")
        MemorySize maxState();
    }

    Restart restart();

    /** Configures when and how often the engine restarts a worker. */
    interface Restart {

        /** Wait before the first restart of a worker. It doubles with each further restart, with jitter. */
        @WithDefault("100ms")
        Duration initialDelay();

        /** Longest wait between restarts. */
        @WithDefault("30s")
        Duration maxDelay();

        /** Restarts within the period. A worker that needs more is given up. */
        @WithDefault("10")
        int maxRestarts();

        /** Period over which restarts are counted. */
        @WithDefault("5m")
        Duration period();

        /** Longest wait of a restart until the GPU's driver has released the memory of the lost worker. 0: no wait. */
        @WithDefault("10s")
        Duration memoryTimeout();
    }
}
