package io.quern.openai;

import java.util.function.LongConsumer;

/** Parses a request's body. It may block for a bounded time, so it runs off the event loop. */
@FunctionalInterface
interface RequestReader {

    /**
     * Parses and checks a body.
     *
     * @param memory receives the number of bytes that the request needs beyond what its length suggests; may throw to
     *     refuse them
     * @throws RuntimeException one that {@link ErrorMapping} knows, if the request is invalid
     */
    Asked read(byte[] body, String requestId, LongConsumer memory);
}
