package io.quern.pool;

import io.quern.boot.MemoryPlan;
import io.quern.device.Cgroup;
import java.util.Optional;

/**
 * Says what memory the workers may have.
 *
 * @param plan what they need of it; empty where that was not looked at
 * @param cgroup that this process and the workers are in
 */
record MemoryLimits(Optional<MemoryPlan> plan, Cgroup cgroup) {}
