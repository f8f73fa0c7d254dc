package io.quern.openai;

import io.quern.generation.GenerationError;
import io.quern.generation.GenerationEvent;
import io.quern.generation.GenerationException;
import io.quern.generation.Usage;
import io.smallrye.mutiny.subscription.MultiSubscriber;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes the choices as server-sent events, each batch in one write. It requests the next batch of a choice only when
 * the connection has room. What a slow reader does not take is merged and limited upstream. For use on the exchange's
 * event loop.
 */
final class StreamAnswer implements Answer {
    private final HttpServerResponse response;
    private final Asked asked;
    private final ChunkTemplate chunks;
    private final KeepAlive keepAlive;
    private final Consumer<Throwable> failed;
    private final ChoiceUsage usage;
    private final List<Receiver> waitingForRoom = new ArrayList<>();
    private int open;
    private boolean begun;

    /**
     * Creates the answer.
     *
     * @param failed receives the first failure of a choice, and ends the response
     */
    StreamAnswer(
            HttpServerResponse response,
            Asked asked,
            ChunkTemplate chunks,
            KeepAlive keepAlive,
            Consumer<Throwable> failed) {
        this.response = response;
        this.asked = asked;
        this.chunks = chunks;
        this.keepAlive = keepAlive;
        this.failed = failed;
        usage = new ChoiceUsage(asked.reply());
        open = asked.generations().size();
        response.drainHandler(room -> goOn());
    }

    @Override
    public MultiSubscriber<List<GenerationEvent>> choice(int index, int promptTokens) {
        return new Receiver(index, promptTokens);
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

    /**
     * Opens all choices as soon as the first one begins. One choice may end before another one begins, and clients such
     * as openai-java take an answer for complete if all choices that they have seen have ended.
     */
    private Buffer openings(int promptTokens) {
        Buffer out = Buffer.buffer();
        if (!begun) {
            begun = true;
            Supplier<Usage> nothing = asked.reply().usageInChunks() ? () -> new Usage(promptTokens, 0) : null;
            for (int index = 0; index < asked.generations().size(); index++) {
                chunks.choice(index, nothing).appendOpening(out);
            }
        }
        return out;
    }

    private void goOn() {
        List<Receiver> waited = List.copyOf(waitingForRoom);
        waitingForRoom.clear();
        waited.forEach(Receiver::askForMore);
    }

    /** Writes one choice. */
    private final class Receiver implements MultiSubscriber<List<GenerationEvent>> {
        private final int index;
        private final int promptTokens;
        private final StreamedChoice choice;
        private Flow.@Nullable Subscription upstream;
        private boolean over;

        Receiver(int index, int promptTokens) {
            this.index = index;
            this.promptTokens = promptTokens;
            choice = new StreamedChoice(asked, index, chunks, promptTokens);
        }

        /** Sends the head at once, so that the client knows before the first token that its request was accepted. */
        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            upstream = subscription;
            response.write(openings(promptTokens).appendBuffer(choice.begin()));
            subscription.request(1);
        }

        @Override
        public void onItem(List<GenerationEvent> batch) {
            choice.next(batch.size());
            for (GenerationEvent event : batch) {
                switch (event) {
                    case GenerationEvent.PromptLogprobs prompt -> choice.add(prompt);
                    case GenerationEvent.Token token -> choice.add(token);
                    case GenerationEvent.Finished finished -> {
                        over = true;
                        choice.end(finished);
                        usage.add(index, choice.spent(finished.usage()));
                        if (--open == 0) {
                            response.end(chunks.appendEnd(choice.written(), usage.sum()));
                            return;
                        }
                    }
                    case GenerationEvent.Failed failure -> {
                        write();
                        onFailure(new GenerationException(failure.error()));
                        return;
                    }
                }
            }
            write();
            askForMore();
        }

        @Override
        public void onFailure(Throwable failure) {
            if (!over) {
                over = true;
                failed.accept(failure);
            }
        }

        @Override
        public void onCompletion() {
            onFailure(new GenerationException(
                    new GenerationError.Internal("The generation stopped without a final event.")));
        }

        private void write() {
            if (choice.written().length() > 0) {
                response.write(choice.written());
                keepAlive.written();
            }
        }

        private void askForMore() {
            if (response.writeQueueFull()) {
                waitingForRoom.add(this);
            } else if (!over && upstream != null) {
                upstream.request(1);
            }
        }
    }
}
