/**
 * Frames over a Unix-domain socket: the engine's listener in a directory of mode 0700, and the connection both sides hold.
 *
 * <p>Owns file descriptors and the socket file. Does not own threads (callers bring theirs) nor what a frame means.
 */
@NullMarked
package io.quern.socket;

import org.jspecify.annotations.NullMarked;
