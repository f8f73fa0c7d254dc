/**
 * Starts and ends child processes: command line, environment, exit status and signal, a bounded tail of the output, and
 * a record of running children for the next engine.
 *
 * <p>It does not know the purpose of a child.
 */
@NullMarked
package io.quern.process;

import org.jspecify.annotations.NullMarked;
