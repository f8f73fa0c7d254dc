package io.quern.openai;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import java.util.Optional;
import java.util.function.LongConsumer;

/** Receives requests with a body: decides whether to serve them, and reads the body. For use on their event loops. */
record Reception(Exchange.Entrance entrance, Exchange.Bodies bodies, Answers answers) {

    /** Parses a body. It may block for a bounded time. */
    @FunctionalInterface
    interface Parser<T> {
        T parse(byte[] body, LongConsumer memory);
    }

    /**
     * Checks everything that the head decides.
     *
     * @return the client, or empty if the request is refused. In that case the refusal has been written or will be.
     */
    Optional<String> client(RoutingContext http) {
        String contentType = http.request().getHeader(HttpHeaders.CONTENT_TYPE);
        String contentEncoding = http.request().getHeader(HttpHeaders.CONTENT_ENCODING);
        Optional<String> client = entrance.authentication().client(http);
        if (client.isEmpty()) {
            return Optional.empty();
        }
        Optional<ApiError> refusal = entrance.browsers().refusal(http.request());
        if (refusal.isPresent()) {
            answers.error(http, refusal.get());
        } else if (!RequestBody.isJson(
                contentType, entrance.authentication().keys().areSet())) {
            answers.error(http, RequestBody.notJson(contentType));
        } else if (!RequestBody.isPlain(contentEncoding)) {
            http.response().putHeader("accept-encoding", "identity");
            answers.error(http, RequestBody.notPlain(contentEncoding));
        } else {
            return client;
        }
        return Optional.empty();
    }

    /**
     * Reads the body, and parses it off the event loop.
     *
     * @return completes on the event loop; fails with what {@link RequestBody#read} or the parser throws
     */
    <T> Future<T> read(RoutingContext http, String client, Context eventLoop, Parser<T> parser) {
        BodyBudget.Claim memory = bodies.budget().claim(client);
        return bodies.body()
                .read(http, memory)
                .compose(bytes -> bodies.turns().parse(client, eventLoop, () -> parser.parse(bytes, memory::grow)))
                // also if the client has left, because the reading of its body continues until here
                .onComplete(read -> memory.close());
    }
}
