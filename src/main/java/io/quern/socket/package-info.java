/**
 * Frames over a Unix-domain socket: the engine's listener in a directory of mode 0700, and the connection that both
 * sides use.
 *
 * <p>Owns file descriptors and the socket file. Owns no threads (callers bring theirs) and does not interpret frames.
 */
@NullMarked
package io.quern.socket;

import org.jspecify.annotations.NullMarked;
