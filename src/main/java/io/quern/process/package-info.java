/**
 * A child process of ours: class path and command line, environment, exit status and signal, a bounded tail of its stderr, and
 * the ladder by which it is stopped.
 *
 * <p>Owns the operating system's process. Does not know what the child is for.
 */
@NullMarked
package io.quern.process;

import org.jspecify.annotations.NullMarked;
