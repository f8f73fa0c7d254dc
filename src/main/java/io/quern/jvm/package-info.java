/**
 * The Java that workers and the device probe run on: installation, class path, options, bounds of memory, the AOT cache and its recording,
 * what a worker's environment holds besides the engine's, and what a crashed JVM leaves.
 */
@NullMarked
package io.quern.jvm;

import org.jspecify.annotations.NullMarked;
