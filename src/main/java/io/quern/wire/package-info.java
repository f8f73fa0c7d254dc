/**
 * The language between engine and worker: the frames (generated from {@code wire.proto}), their encoder and incremental
 * decoder, the size limit, the protocol version, and which values a worker's settings may have.
 *
 * <p>Pure: bytes in, frames out. Owns no socket, no thread and no other meaning of a frame.
 */
@NullMarked
package io.quern.wire;

import org.jspecify.annotations.NullMarked;
