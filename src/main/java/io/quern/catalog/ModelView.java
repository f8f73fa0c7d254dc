package io.quern.catalog;

import io.quern.pool.Distribution;
import io.quern.pool.MemoryView;
import io.quern.pool.PoolView;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The present state of a model, for people and probes.
 *
 * @param name the name that clients use
 * @param aliases further names
 * @param byDefault whether it serves requests that name no model
 * @param pinned whether it is loaded at boot and stays loaded
 * @param state the name of its {@link ModelState}
 * @param detail details of the state, or null
 * @param memory what its workers need, or null if it is not loaded or memory is not checked
 * @param startMethod the start method of its workers, or null if it was never loaded
 * @param waiting requests that wait for a slot or for the model
 * @param running requests that hold a slot
 * @param migrations requests that moved to another worker since boot, because theirs was lost
 * @param distribution how its running streams are distributed over the workers, or null if they stay where they have
 *     begun
 * @param workers its workers; empty if it is not loaded
 */
public record ModelView(
        String name,
        List<String> aliases,
        boolean byDefault,
        boolean pinned,
        String state,
        @Nullable String detail,
        Instant since,
        int slots,
        int busySlots,
        @Nullable MemoryView memory,
        @Nullable String startMethod,
        int waiting,
        int running,
        long migrations,
        @Nullable Distribution distribution,
        List<PoolView.WorkerView> workers) {}
