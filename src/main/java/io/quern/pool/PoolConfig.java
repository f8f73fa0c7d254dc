package io.quern.pool;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How many workers there are, and how they are kept alive. */
@ConfigMapping(prefix = "quern.pool")
public interface PoolConfig {

    /** Worker processes, each with a model of its own. */
    @WithDefault("1")
    int workers();

    /**
     * Workers beyond these that are kept ready and get no requests until one that serves is lost: then one takes its place at once. Each
     * has a process and, unless forked, a model of its own. Not with start method {@code inline}.
     */
    @WithDefault("0")
    int standbys();

    /**
     * What is made of a model that needs more memory than there is: enforce, warn or off. Enforce: slots, context and copies of states that
     * are not configured are chosen so that it fits, and where it cannot fit the engine does not start. Warn: it is only said.
     */
    @WithDefault("enforce")
    MemoryCheck memoryCheck();

    /** A starting worker that shows no progress for this long is killed and started again. */
    @WithDefault("60s")
    Duration startTimeout();

    /** A worker that has requests and makes no step for this long is taken for stuck, killed and started again. */
    @WithDefault("4s")
    Duration stallTimeout();

    /**
     * How often a worker without requests is asked whether it still moves. A worker that does not answer within the stall timeout is killed
     * and started again. 0: workers without requests are not asked.
     */
    @WithDefault("5s")
    Duration pingInterval();

    /** How long a new connection to the workers' socket may take to say who it is. */
    @WithDefault("5s")
    Duration helloTimeout();

    /** How long a worker may take to end after the engine has asked it to, before SIGKILL. */
    @WithDefault("2s")
    Duration stopPatience();

    Restart restart();

    /** When and how often a worker that ended is started again. */
    interface Restart {

        /** Wait before the first restart; doubled with each further one, with jitter. */
        @WithDefault("100ms")
        Duration initialDelay();

        /** Longest wait between restarts. */
        @WithDefault("30s")
        Duration maxDelay();

        /** Restarts within the period after which a worker is given up. */
        @WithDefault("10")
        int maxRestarts();

        /** The period over which restarts are counted. */
        @WithDefault("5m")
        Duration period();

        /** How long a restart waits for the memory of the worker's GPU to come back. 0: not at all. */
        @WithDefault("10s")
        Duration memoryTimeout();
    }
}
