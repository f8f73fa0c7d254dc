/**
 * Carries frames over a Unix-domain socket, with the engine's listener in a directory of mode 0700 and the connection
 * that both sides use.
 *
 * <p>It owns file descriptors and the socket file. It owns no threads (callers bring theirs) and does not interpret
 * frames.
 */
@NullMarked
package io.quern.socket;

import org.jspecify.annotations.NullMarked;
