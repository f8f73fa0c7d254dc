/**
 * Log lines about a worker, a process, a request or the model: they name it by one fixed set of keys.
 *
 * <p>Owns the keys and how a line shows them. Does not own what a line says, nor where it goes.
 */
@NullMarked
package io.quern.log;

import org.jspecify.annotations.NullMarked;
