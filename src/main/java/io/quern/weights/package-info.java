/**
 * Contains the main of the child process that works on the weights of model files: it quantises a file, compares two
 * files, and times the processor's kernels.
 *
 * <p>It runs in a process of its own, because model files are not trusted and llama.cpp may abort. It knows neither who
 * started it nor what the results are for, and uses no Quarkus and no CDI.
 */
@NullMarked
package io.quern.weights;

import org.jspecify.annotations.NullMarked;
