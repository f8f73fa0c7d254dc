package io.quern.badhouse.pool;

import io.quern.badhouse.worker.SeesThePool;
import java.lang.foreign.MemorySegment;

public record TouchesMemory(MemorySegment memory, SeesThePool itsWorker) {}
