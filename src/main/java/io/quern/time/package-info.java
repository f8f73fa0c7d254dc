/**
 * The clock for supervision and the queue.
 *
 * <p>Separates the time of day, which people see, from the time that measures durations. A test can advance both by
 * hand. Does not know what anybody waits for.
 */
package io.quern.time;
