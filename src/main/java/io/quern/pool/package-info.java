/**
 * The supervised workers: their life, routing by free slots, leases, restarts.
 *
 * <p>Owns every worker process and all knowledge of its state. Does not know what a worker runs inside, nor who asks.
 */
package io.quern.pool;
