/**
 * The supervised workers: their life, routing by free slots, leases, restarts.
 *
 * <p>Owns every worker process and all knowledge of its state. Does not know what a worker runs inside, nor who asks.
 *
 * <p>{@code WorkerPool} is the bean that others see; it passes on to a {@code Fleet} of {@code Worker}s. A worker is a state machine;
 * each of its lives ({@code WorkerLife}) is one process and one connection ({@code WorkerLink}), whose two ends the life reports as
 * one. The supervisor's thread alone writes states.
 */
package io.quern.pool;
