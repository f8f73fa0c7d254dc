package io.quern.brokenrules.generation;

import io.quern.brokenrules.wire.UsesVertx;

record ImportsWire(UsesVertx frame) {}
