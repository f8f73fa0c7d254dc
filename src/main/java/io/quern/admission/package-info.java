/**
 * Admits requests: a bounded and fair queue in front of the pool's slots, deadlines, cancellation, and one token
 * stream for each request, to which the SSE writer and library users subscribe.
 *
 * <p>Owns the order of requests and what a stream buffers for a slow reader. Does not own workers or any client
 * protocol.
 */
package io.quern.admission;
