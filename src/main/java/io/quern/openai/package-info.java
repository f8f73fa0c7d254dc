/**
 * Serves the OpenAI API: resources, request and response records, server-sent events and the mapping of errors.
 *
 * <p>This room owns the client's protocol. It does not queue requests or generate tokens: it subscribes to the stream
 * of the {@code admission} room.
 */
@NullMarked
package io.quern.openai;

import org.jspecify.annotations.NullMarked;
