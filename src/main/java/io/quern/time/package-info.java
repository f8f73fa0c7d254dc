/**
 * The clock that supervision and the queue go by.
 *
 * <p>Owns the difference between the time that people are shown and the time that durations are measured by, and lets a test
 * advance both by hand. Does not know what anybody waits for.
 */
package io.quern.time;
