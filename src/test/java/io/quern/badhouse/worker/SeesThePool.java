package io.quern.badhouse.worker;

import io.quern.badhouse.pool.TouchesMemory;

public record SeesThePool(TouchesMemory pool) {}
