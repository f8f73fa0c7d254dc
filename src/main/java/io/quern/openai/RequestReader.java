package io.quern.openai;

/** Makes sense of a request's body. May block for a bounded time, so it runs off the event loop. */
@FunctionalInterface
interface RequestReader {

    /** @throws RuntimeException one that {@link ErrorMapping} knows, if the request makes no sense */
    Asked read(byte[] body, String requestId);
}
