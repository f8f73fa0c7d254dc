package io.quern.brokenrules.wire;

import io.vertx.core.buffer.Buffer;

public record UsesVertx(Buffer frame) {}
