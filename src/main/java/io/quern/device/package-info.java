/**
 * What this machine offers: cores, memory, operating system, accelerators.
 *
 * <p>Collects facts and makes no choices: the start method is chosen elsewhere. Never touches a driver itself. It runs
 * the probe (the package {@code probe}) in a child process and evaluates its report.
 */
@NullMarked
package io.quern.device;

import org.jspecify.annotations.NullMarked;
