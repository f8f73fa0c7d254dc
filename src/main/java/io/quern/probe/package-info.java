/**
 * The device probe's plain main: asks drivers, sysfs and llama.cpp which accelerators exist, and prints what it found.
 *
 * <p>Owns the short-lived child process that uses the drivers, so that a library that crashes or hangs affects only
 * this process. Does not know who started it, nor what the report is for. No Quarkus, no CDI.
 */
@NullMarked
package io.quern.probe;

import org.jspecify.annotations.NullMarked;
