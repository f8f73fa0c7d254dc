package io.quern.topology;

/**
 * How workers are started, as far as their number depends on it.
 *
 * @param sharedWeights whether workers share the weights that a launcher has loaded
 * @param inline whether the worker is a thread of the engine
 * @param numaBinding whether each worker is bound to a NUMA node and has its own copy of the weights
 * @param development whether the engine runs in development mode or in a test of an application
 * @param embedded whether the engine is part of another application
 * @param anyThreads whether answers are the same bytes for any number of threads, even if it changes
 */
public record StartFacts(
        boolean sharedWeights,
        boolean inline,
        boolean numaBinding,
        boolean development,
        boolean embedded,
        boolean anyThreads) {}
