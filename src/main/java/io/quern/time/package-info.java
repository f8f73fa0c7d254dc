/**
 * Provides the clock for supervision and the queue.
 *
 * <p>It separates the time of day, which people see, from the time that measures durations. A test can advance both by
 * hand.
 */
package io.quern.time;
