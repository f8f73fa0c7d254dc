/**
 * The OpenAI API: resources, their request and response records, SSE writing, and the mapping of errors.
 *
 * <p>Owns the client's protocol. Does not own queueing or token generation: it subscribes to admission's stream.
 */
@NullMarked
package io.quern.openai;

import org.jspecify.annotations.NullMarked;
