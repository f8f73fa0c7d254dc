package io.quern.pool;

import io.quern.boot.MemoryPlan;
import io.quern.device.Cgroup;
import java.util.Optional;

/**
 * The memory that the workers may use.
 *
 * @param plan what they need; empty if memory is not checked
 * @param cgroup the control group of this process and the workers
 */
record MemoryLimits(Optional<MemoryPlan> plan, Cgroup cgroup) {}
