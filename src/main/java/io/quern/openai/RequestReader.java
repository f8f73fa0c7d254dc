package io.quern.openai;

import java.util.function.LongConsumer;

/** Makes sense of a request's body. May block for a bounded time, so it runs off the event loop. */
@FunctionalInterface
interface RequestReader {

    /**
     * @param memory is told of bytes that the request takes beyond what its length lets expect, and may refuse them by an exception
     * @throws RuntimeException one that {@link ErrorMapping} knows, if the request makes no sense
     */
    Asked read(byte[] body, String requestId, LongConsumer memory);
}
