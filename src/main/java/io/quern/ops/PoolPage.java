package io.quern.ops;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.quern.launch.Guard;
import io.quern.model.TextStability;
import io.quern.pool.MemoryView;
import io.quern.pool.PoolView;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * The body of GET /q/quern/pool.
 *
 * @param memory what the workers need of the memory there is, or null
 * @param guards what ends the workers with the engine
 * @param textStability whether a text may depend on the requests computed beside it, or null before the model is open
 * @param waiting requests that wait for a slot
 * @param running requests that hold one
 * @param migrations times a request went on elsewhere since boot, after its worker was lost
 */
@Schema(name = "PoolPage")
record PoolPage(
        @JsonUnwrapped PoolView pool,
        @Nullable MemoryView memory,
        List<Guard> guards,
        @Nullable TextStability textStability,
        int waiting,
        int running,
        long migrations) {}
