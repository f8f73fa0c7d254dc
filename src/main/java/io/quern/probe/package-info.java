/**
 * Contains the main of the device probe, which asks drivers, sysfs and llama.cpp which accelerators exist, and prints
 * what it found.
 *
 * <p>It runs in a short-lived child process, so that a driver's library that crashes or hangs affects only this
 * process. It knows neither who started it nor what the report is for, and uses no Quarkus and no CDI.
 */
@NullMarked
package io.quern.probe;

import org.jspecify.annotations.NullMarked;
