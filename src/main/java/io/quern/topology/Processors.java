package io.quern.topology;

/**
 * The processors that the workers of one model may use.
 *
 * @param cpus the number that this process may use; 0.5 if a quota allows half a core
 * @param numaNodes NUMA nodes, or 0 if the kernel reports none
 * @param together models that are expected to compute at the same time and share the processors, at least 1
 */
public record Processors(double cpus, int numaNodes, int together) {

    /** Returns whole cores for one model, at least 1. */
    int cores() {
        return Math.max(1, (int) (cpus / together));
    }

    /** Returns the nodes over which workers are spread: none has fewer than two cores. */
    int nodes() {
        return Math.max(1, Math.min(numaNodes, cores() / 2));
    }

    /**
     * Returns the cores for threads that wait for each other, at least 1. One core remains for everything else: if
     * another program takes the core of one thread, all others wait for it.
     */
    int coresForThreads() {
        return Math.max(1, cores() - 1);
    }

    /** Returns the cores of one node for threads that wait for each other, at least 1. */
    int nodeForThreads() {
        return Math.max(1, nodeCores() - 1);
    }

    /** Returns all cores of one node, at least 1. */
    int nodeCores() {
        return Math.max(1, cores() / nodes());
    }

    /** Returns the part of a core that a single thread gets, at most 1. */
    double share() {
        return Math.min(1, cpus);
    }
}
