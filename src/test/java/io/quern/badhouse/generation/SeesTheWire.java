package io.quern.badhouse.generation;

import io.quern.badhouse.wire.UsesVertx;

record SeesTheWire(UsesVertx frame) {}
