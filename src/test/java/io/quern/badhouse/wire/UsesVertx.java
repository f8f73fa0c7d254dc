package io.quern.badhouse.wire;

import io.vertx.core.buffer.Buffer;

public record UsesVertx(Buffer frame) {}
