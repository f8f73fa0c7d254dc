package io.quern.openai;

import io.quern.generation.GenerationRequest;

/**
 * A request that was read and is valid.
 *
 * @param model the name of the model that is to answer
 * @param stream whether to answer with server-sent events
 * @param includeUsage whether to end the stream with a chunk that contains the usage
 */
record Asked(String model, GenerationRequest generation, boolean stream, boolean includeUsage) {}
