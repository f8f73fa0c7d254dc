package io.quern.pool;

import io.quern.wire.WorkerSettings;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.jboss.logging.Logger;

/**
 * Decides how many threads each worker may use: the workers that have requests share the cores of the model that are
 * idle. A worker measures for itself how many of its threads are worth using. So it also gives a core up to a program
 * that starts to compute there, because its own threads then wait for each other. Used on the supervisor's thread.
 */
final class CoreShares {
    private static final Logger LOG = Logger.getLogger(WorkerPool.class);

    /** A worker may use another thread if this part of a core is idle. The engine's own work takes the rest. */
    private static final double IDLE_ENOUGH = 0.6;

    /** llama.cpp ends the process if it cannot create a thread, so these must be left for the JVMs of the workers. */
    private static final int THREADS_OF_WORKER = 32;

    private static final int RESERVED = 64;

    private final int threads;
    private final int most;
    private final int together;

    /**
     * @param workers the number of workers that serve
     * @param computation what each of them may use
     * @param left threads that this engine and its workers may still create, or empty if nothing limits them
     */
    CoreShares(int workers, WorkerSettings.Computation computation, OptionalLong left) {
        threads = computation.getThreads();
        int wanted = Math.max(threads, computation.getMostThreads());
        // a worker has one pool for each number of threads, twice as many as the most at the worst
        long needed = RESERVED + (long) workers * (THREADS_OF_WORKER + 2 * wanted);
        boolean room = wanted == threads || left.isEmpty() || left.getAsLong() >= needed;
        if (!room) {
            LOG.infof(
                    "Workers use no more threads than %d: the control group allows only %d more threads, and %d are needed"
                            + " to be sure",
                    threads, left.getAsLong(), needed);
        }
        most = room ? wanted : threads;
        together = Math.max(most, workers * threads);
    }

    /** Returns whether shares ever change. */
    boolean vary() {
        return most > threads;
    }

    /**
     * Tells workers whose share has changed.
     *
     * @param links the workers that get requests
     * @param idle cores of the machine that were idle lately, or empty if unknown
     */
    void update(List<WorkerLink> links, OptionalDouble idle) {
        int busy = (int) links.stream().filter(CoreShares::busy).count();
        // a worker that has just lost its last stream has left its core
        int extra = links.stream()
                .mapToInt(link -> link.takeMostThreads() - (busy(link) ? threads : 0))
                .filter(more -> more > 0)
                .sum();
        for (WorkerLink link : links) {
            int computing = busy(link) ? busy : busy + 1;
            link.allow(allowed(computing, extra, idle));
        }
    }

    private static boolean busy(WorkerLink link) {
        return link.busySlots() > 0;
    }

    /**
     * Returns the threads of each worker.
     *
     * @param computing the workers that compute
     * @param extra threads that workers have used lately and that are not counted as theirs. Their cores count as
     *     idle, too
     */
    int allowed(int computing, int extra, OptionalDouble idle) {
        int share = Math.min(most, together / computing);
        int free = idle.isEmpty() ? most : threads + (int) ((idle.getAsDouble() + extra) / computing + 1 - IDLE_ENOUGH);
        return Math.max(threads, Math.min(share, free));
    }
}
