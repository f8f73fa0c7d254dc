/**
 * The device probe's plain main: asks drivers, sysfs and llama.cpp which accelerators there are, and prints what it found.
 *
 * <p>Owns the short-lived child process in which drivers are touched: a library that crashes or hangs takes this process along
 * and nothing else. Does not know who started it, nor what the report is for. No Quarkus, no CDI.
 */
@NullMarked
package io.quern.probe;

import org.jspecify.annotations.NullMarked;
