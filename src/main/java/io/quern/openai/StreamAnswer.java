package io.quern.openai;

import io.quern.generation.GenerationError;
import io.quern.generation.GenerationEvent;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import java.util.List;
import java.util.concurrent.Flow;

/**
 * Writes a generation as server-sent events, each batch in one write. It requests the next batch only when the
 * connection has room. What a slow reader does not take is merged and limited upstream. For use on the exchange's event
 * loop.
 */
final class StreamAnswer implements Answer {
    private final HttpServerResponse response;
    private final ChunkTemplate chunks;
    private final ErrorMapping errors;
    private final KeepAlive keepAlive;
    private Flow.Subscription upstream;
    private boolean waitingForRoom;

    StreamAnswer(HttpServerResponse response, ChunkTemplate chunks, ErrorMapping errors, KeepAlive keepAlive) {
        this.response = response;
        this.chunks = chunks;
        this.errors = errors;
        this.keepAlive = keepAlive;
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
        upstream = subscription;
        open();
        upstream.request(1);
    }

    @Override
    public void cancel() {
        upstream.cancel();
    }

    @Override
    public void onItem(List<GenerationEvent> batch) {
        Buffer out = Buffer.buffer(256 * batch.size());
        boolean last = false;
        for (GenerationEvent event : batch) {
            switch (event) {
                case GenerationEvent.PromptLogprobs prompt -> {}
                case GenerationEvent.Token token -> appendToken(out, token);
                case GenerationEvent.Finished finished -> {
                    chunks.appendEnd(out, finished.reason(), finished.usage());
                    last = true;
                }
                case GenerationEvent.Failed failed -> {
                    ChunkTemplate.appendError(out, errors.of(failed.error()));
                    last = true;
                }
            }
        }
        if (last) {
            response.end(out);
            return;
        }
        if (out.length() > 0) {
            response.write(out);
            keepAlive.written();
        }
        askForMore();
    }

    @Override
    public void onFailure(Throwable failure) {
        breakOff(failure.toString());
    }

    @Override
    public void onCompletion() {
        breakOff("The generation stopped without a final event.");
    }

    /** Sets the headers of a stream, unless they have been sent. */
    static void head(HttpServerResponse response) {
        if (!response.headWritten()) {
            response.setChunked(true)
                    .putHeader(HttpHeaders.CONTENT_TYPE, "text/event-stream; charset=utf-8")
                    .putHeader(HttpHeaders.CACHE_CONTROL, "no-cache")
                    .putHeader("x-accel-buffering", "no");
        }
    }

    /** Sends the head at once, so that the client knows before the first token that its request was accepted. */
    private void open() {
        response.drainHandler(room -> goOn());
        response.write(chunks.appendOpening(Buffer.buffer()));
    }

    private void appendToken(Buffer out, GenerationEvent.Token token) {
        if (!token.text().isEmpty()) {
            chunks.appendDelta(out, token.text());
        }
    }

    private void askForMore() {
        if (response.writeQueueFull()) {
            waitingForRoom = true;
        } else {
            upstream.request(1);
        }
    }

    private void goOn() {
        if (waitingForRoom) {
            waitingForRoom = false;
            upstream.request(1);
        }
    }

    /** Ends the stream with an error, unless it has ended properly. */
    private void breakOff(String why) {
        if (!response.ended()) {
            response.end(ChunkTemplate.appendError(Buffer.buffer(), errors.of(new GenerationError.Internal(why))));
        }
    }
}
