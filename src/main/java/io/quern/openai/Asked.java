package io.quern.openai;

import io.quern.generation.GenerationRequest;

/**
 * A request that has been read and makes sense.
 *
 * @param stream answer by server-sent events
 * @param includeUsage close the stream with a chunk that holds the usage
 */
record Asked(GenerationRequest generation, boolean stream, boolean includeUsage) {}
