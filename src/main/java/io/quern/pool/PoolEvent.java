package io.quern.pool;

import java.time.Instant;

/**
 * A worker has changed its state, or has made progress within it.
 *
 * @param worker the worker's number
 * @param from the name of the previous state; the same as {@code state} for progress
 * @param state the name of the current state, in lower case
 * @param detail details of the state (progress, cause, time of the next start), or null
 * @param pid the process, or null if there is none
 */
public record PoolEvent(Instant at, int worker, String from, String state, String detail, Long pid) {}
