/**
 * Log lines about a worker, a process, a request or the model, which they name with one fixed set of keys.
 *
 * <p>Owns the keys and their format. Does not own what a line says or where it is written.
 */
@NullMarked
package io.quern.log;

import org.jspecify.annotations.NullMarked;
