package io.quern.ops;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.quern.catalog.ModelView;
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
 * @param pool the workers
 * @param memory memory that the workers need and memory that is available, or null; with several models each has its
 *     own
 * @param guards what ends the workers if the engine ends
 * @param textStability whether a text may depend on requests computed at the same time, or null before the model is
 *     open
 * @param waiting requests that wait for a slot
 * @param running requests that hold a slot
 * @param migrations requests that moved to another worker since boot, because theirs was lost
 * @param models all models of this engine
 */
@Schema(name = "PoolPage")
record PoolPage(
        @JsonUnwrapped PoolView pool,
        @Nullable MemoryView memory,
        List<Guard> guards,
        @Nullable TextStability textStability,
        int waiting,
        int running,
        long migrations,
        List<ModelView> models) {}
