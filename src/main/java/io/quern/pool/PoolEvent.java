package io.quern.pool;

import java.time.Instant;

/**
 * A worker came into another state, or got on within it.
 *
 * @param worker its id
 * @param from the name of the state it was in; the same as {@code state} for progress
 * @param state the name of the one it is in, in lower case
 * @param detail what more there is to the state (progress, cause, time of the next try), or null
 * @param pid null while there is no process
 */
public record PoolEvent(Instant at, int worker, String from, String state, String detail, Long pid) {}
