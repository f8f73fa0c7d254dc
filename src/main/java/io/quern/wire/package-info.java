/**
 * Defines the protocol between engine and worker: the frames (generated from {@code wire.proto}), their encoder and
 * incremental decoder, the size limit, the protocol version, and the valid values of a worker's settings.
 *
 * <p>It is pure: it has no sockets and no threads, and does not interpret frames.
 */
@NullMarked
package io.quern.wire;

import org.jspecify.annotations.NullMarked;
