package io.quern.brokenrules.pool;

import io.quern.brokenrules.worker.ImportsPool;
import java.lang.foreign.MemorySegment;

public record UsesForeignMemory(MemorySegment memory, ImportsPool itsWorker) {}
