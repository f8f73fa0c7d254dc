package io.quern.brokenrules.worker;

import io.quern.brokenrules.pool.UsesForeignMemory;

public record ImportsPool(UsesForeignMemory pool) {}
