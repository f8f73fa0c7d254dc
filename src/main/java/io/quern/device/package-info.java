/**
 * What this machine offers: cores, memory, operating system, accelerators.
 *
 * <p>Owns facts, not choices: the start method is chosen from them elsewhere. Touches no driver: the room probe does, in a
 * child process that is run and judged from here.
 */
@NullMarked
package io.quern.device;

import org.jspecify.annotations.NullMarked;
