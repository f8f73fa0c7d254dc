/**
 * Speaks the OpenAI API as a client, to Quern or to any other service: lists models, streams chat completions, and puts
 * failures into words for people.
 *
 * <p>Knows nothing of the engine. Only the commands use it.
 */
@NullMarked
package io.quern.client;

import org.jspecify.annotations.NullMarked;
