/**
 * The way in: a bounded and fair queue in front of the pool's slots, deadlines, cancellation, and the one token stream that the SSE
 * writer and library users subscribe to.
 *
 * <p>Owns who goes next and what a stream holds for a slow reader. Does not own workers, nor any client protocol.
 */
package io.quern.admission;
