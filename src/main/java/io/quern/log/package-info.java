/**
 * Writes log lines about a worker, a process, a request or the model. One fixed set of keys names these subjects.
 *
 * <p>This package owns the keys and their format. Others decide what a line says and where it is written.
 */
@NullMarked
package io.quern.log;

import org.jspecify.annotations.NullMarked;
