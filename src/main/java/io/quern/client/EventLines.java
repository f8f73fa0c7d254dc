package io.quern.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/**
 * Reads the lines of a streamed chat completion, which are server-sent events. The HTTP client calls it on one thread
 * at a time; other threads may read the results.
 */
final class EventLines implements Flow.Subscriber<String> {
    private static final String DATA = "data:";
    private static final String END = "[DONE]";

    private final AnswerListener listener;
    private final long begun = System.nanoTime();

    private Flow.Subscription subscription;
    private volatile boolean cancelled;
    private volatile long heard = begun;
    private volatile long first;
    private volatile int pieces;
    private volatile int promptTokens;
    private volatile int tokens;
    private volatile boolean done;
    private volatile @Nullable String finishReason;
    private volatile @Nullable ClientException failure;
    private volatile @Nullable RuntimeException listenerFailure;

    EventLines(AnswerListener listener) {
        this.listener = listener;
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
        this.subscription = subscription;
        heard = System.nanoTime();
        if (cancelled) {
            subscription.cancel();
        } else {
            subscription.request(1);
        }
    }

    @Override
    public void onNext(String line) {
        heard = System.nanoTime();
        if (cancelled) {
            subscription.cancel();
            return;
        }
        try {
            read(line);
        } catch (RuntimeException e) {
            listenerFailure = e;
            cancelled = true;
            subscription.cancel();
            return;
        }
        subscription.request(1);
    }

    private void read(String line) {
        if (line.startsWith(":")) {
            listener.comment(line.substring(1).strip());
        } else if (line.startsWith(DATA)) {
            String data = line.substring(DATA.length()).strip();
            if (data.equals(END)) {
                done = true;
            } else if (!data.isEmpty()) {
                event(Json.parseOrMissing(data));
            }
        }
    }

    private void event(JsonNode event) {
        if (event.isMissingNode()) {
            failure = new ClientException(
                    ClientException.Kind.NOT_UNDERSTOOD, "The service sent an event that is not JSON.");
            return;
        }
        if (event.hasNonNull("error")) {
            failure = new ClientException(
                    ClientException.Kind.BROKEN, "The service ended the answer: " + ErrorText.of(event));
            return;
        }
        JsonNode usage = event.path("usage");
        if (usage.isObject()) {
            promptTokens = usage.path("prompt_tokens").asInt();
            tokens = usage.path("completion_tokens").asInt();
        }
        JsonNode choice = event.path("choices").path(0);
        if (choice.hasNonNull("finish_reason")) {
            finishReason = choice.path("finish_reason").asText();
        }
        String text = choice.path("delta").path("content").asText("");
        if (!text.isEmpty()) {
            if (pieces++ == 0) {
                first = heard;
            }
            listener.text(text);
        }
    }

    @Override
    public void onError(Throwable error) {
        // the response fails with it
    }

    @Override
    public void onComplete() {
        heard = System.nanoTime();
    }

    /** Reads no more lines. */
    void cancel() {
        cancelled = true;
    }

    boolean cancelled() {
        return cancelled;
    }

    /** Returns the time since the service sent something. */
    Duration silence() {
        return Duration.ofNanos(System.nanoTime() - heard);
    }

    /** Throws what the listener has thrown, if it did. */
    void rethrow() {
        RuntimeException thrown = listenerFailure;
        if (thrown != null) {
            throw thrown;
        }
    }

    /**
     * Returns the answer after the last line.
     *
     * @throws ClientException if it ended with an error, or too early
     */
    Answer answer() throws ClientException {
        ClientException failed = failure;
        if (failed != null) {
            throw failed;
        }
        if (!done && finishReason == null) {
            throw new ClientException(
                    ClientException.Kind.BROKEN, "The connection to the service ended in the middle of the answer.");
        }
        long end = heard;
        return new Answer(
                finishReason,
                promptTokens,
                tokens == 0 ? pieces : tokens,
                Duration.ofNanos((first == 0 ? end : first) - begun),
                Duration.ofNanos(end - begun));
    }
}
