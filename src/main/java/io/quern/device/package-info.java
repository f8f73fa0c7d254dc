/**
 * Finds out what this machine offers: cores, memory, operating system, accelerators.
 *
 * <p>It collects facts and chooses nothing; the package {@code policy} chooses the start method. It never touches a
 * driver itself, but runs the probe (the package {@code probe}) in a child process and evaluates its report.
 */
@NullMarked
package io.quern.device;

import org.jspecify.annotations.NullMarked;
