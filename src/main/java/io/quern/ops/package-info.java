/**
 * What operators look at: health, metrics, the decision and the pool.
 *
 * <p>Reads the views of other rooms; changes nothing.
 */
package io.quern.ops;
