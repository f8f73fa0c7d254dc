/**
 * Admits requests. If no slot is free, they wait in a bounded and fair queue. They have deadlines and can be cancelled.
 * Each has one token stream, to which the SSE writer and library users subscribe.
 *
 * <p>This package owns the order of requests and what a stream buffers for a slow reader. It owns neither workers nor a
 * client protocol.
 */
package io.quern.admission;
