/**
 * Serves what operators look at: health, metrics, the decision and the pool.
 *
 * <p>Reads the views of other rooms and changes nothing.
 */
@NullMarked
package io.quern.ops;

import org.jspecify.annotations.NullMarked;
