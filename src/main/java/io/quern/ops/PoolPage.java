package io.quern.ops;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.quern.pool.PoolView;

/**
 * The body of GET /q/quern/pool.
 *
 * @param waiting requests that wait for a slot
 * @param running requests that hold one
 * @param migrations times a request went on elsewhere since boot, after its worker was lost
 */
record PoolPage(@JsonUnwrapped PoolView pool, int waiting, int running, long migrations) {}
