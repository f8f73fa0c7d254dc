/**
 * Sets up the Java of workers and the device probe: installation, class path, options, memory limits, the AOT cache and
 * its recording, additional environment variables, and crash reports.
 */
@NullMarked
package io.quern.jvm;

import org.jspecify.annotations.NullMarked;
