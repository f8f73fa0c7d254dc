/**
 * Forking: the launcher, a native program that forks workers as a fork server or as the engine's entry point, the messages that it and
 * the engine exchange, and its children.
 *
 * <p>Owns the engine's end of what src/main/c does. Does not own what a forked worker is to be.
 */
@NullMarked
package io.quern.fork;

import org.jspecify.annotations.NullMarked;
