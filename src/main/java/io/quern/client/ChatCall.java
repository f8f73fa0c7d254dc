package io.quern.client;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A running request for a chat completion. One thread awaits it, and any thread may cancel it. */
public final class ChatCall {
    private final Endpoint endpoint;
    private final EventLines lines;
    private final CompletableFuture<HttpResponse<String>> response;
    private final Duration maxSilence;

    ChatCall(
            Endpoint endpoint,
            EventLines lines,
            CompletableFuture<HttpResponse<String>> response,
            Duration maxSilence) {
        this.endpoint = endpoint;
        this.lines = lines;
        this.response = response;
        this.maxSilence = maxSilence;
    }

    /**
     * Waits for the end of the answer.
     *
     * @throws ClientException if there is no whole answer
     * @throws InterruptedException if this thread was interrupted; the request is cancelled then
     */
    public Answer await() throws ClientException, InterruptedException {
        while (true) {
            Duration left = maxSilence.minus(lines.silence());
            try {
                HttpResponse<String> ended = response.get(Math.max(1, left.toMillis()), TimeUnit.MILLISECONDS);
                lines.rethrow();
                Failures.check(endpoint, ended);
                if (!isEventStream(ended.headers().firstValue("content-type").orElse(""))) {
                    throw new ClientException(
                            ClientException.Kind.NOT_UNDERSTOOD, endpoint.base() + " does not stream its answers.");
                }
                return lines.answer();
            } catch (TimeoutException e) {
                if (lines.silence().compareTo(maxSilence) >= 0) {
                    cancel();
                    throw new ClientException(
                            ClientException.Kind.SILENT,
                            "The service has sent nothing for " + maxSilence.toSeconds() + " s (--timeout).");
                }
            } catch (CancellationException e) {
                throw cancelled();
            } catch (ExecutionException e) {
                lines.rethrow();
                throw lines.cancelled() ? cancelled() : Failures.of(endpoint, e.getCause());
            } catch (InterruptedException e) {
                cancel();
                throw e;
            }
        }
    }

    private static ClientException cancelled() {
        return new ClientException(ClientException.Kind.CANCELLED, "cancelled");
    }

    static boolean isEventStream(String contentType) {
        return contentType.startsWith("text/event-stream");
    }

    /** Ends the request and closes its connection, by which the service notices. Never blocks. */
    public void cancel() {
        lines.cancel();
        response.cancel(true);
    }
}
