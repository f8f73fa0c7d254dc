/**
 * Supervises the workers: their life cycle, routing by free slots, leases, restarts.
 *
 * <p>This package owns every worker process and all knowledge of its state. It does not know what runs inside a worker,
 * or which clients send requests.
 *
 * <p>{@code WorkerPool} is the bean for other packages; it delegates to a {@code Fleet} of {@code Worker}s. A worker
 * is a state machine. Each of its lives ({@code WorkerLife}) is one process and one connection ({@code WorkerLink}),
 * and the life reports the ends of both as one. Only the supervisor's thread writes states.
 */
package io.quern.pool;
