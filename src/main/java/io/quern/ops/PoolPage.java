package io.quern.ops;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.quern.launch.Guard;
import io.quern.pool.MemoryView;
import io.quern.pool.PoolView;
import java.util.List;

/**
 * The body of GET /q/quern/pool.
 *
 * @param memory what the workers need of the memory there is, or null
 * @param guards what ends the workers with the engine
 * @param waiting requests that wait for a slot
 * @param running requests that hold one
 * @param migrations times a request went on elsewhere since boot, after its worker was lost
 */
record PoolPage(
        @JsonUnwrapped PoolView pool,
        MemoryView memory,
        List<Guard> guards,
        int waiting,
        int running,
        long migrations) {}
