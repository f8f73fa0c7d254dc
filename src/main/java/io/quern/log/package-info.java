/**
 * Writes log lines about a worker, a process, a request or the model, which they name by one fixed set of keys.
 *
 * <p>This package owns the keys and their format. Others decide what a line says and where it is written.
 */
@NullMarked
package io.quern.log;

import org.jspecify.annotations.NullMarked;
