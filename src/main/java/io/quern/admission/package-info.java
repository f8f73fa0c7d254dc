/**
 * Admits requests. A bounded and fair queue stands in front of the pool's slots, and requests have deadlines and can be
 * cancelled. Each has one token stream, to which the SSE writer and library users subscribe.
 *
 * <p>Owns the order of requests and what a stream buffers for a slow reader. Does not own workers or any client
 * protocol.
 */
package io.quern.admission;
