package io.quern.openai;

import static io.quern.openai.ApiError.INVALID_REQUEST;
import static io.quern.openai.ApiError.SERVER_ERROR;

import io.quern.generation.GenerationError;
import io.quern.generation.GenerationException;
import io.quern.generation.InvalidRequestException;
import io.quern.log.KeyedLog;
import io.quern.model.ChatTemplateException;
import io.quern.settings.ShortPaths;
import java.time.Duration;
import java.util.Optional;

/**
 * What each failure is called in OpenAI's terms.
 *
 * @param retryAfter for errors that clients may try again after, but that do not say when
 */
record ErrorMapping(Duration retryAfter) {
    private static final KeyedLog LOG = KeyedLog.of(ErrorMapping.class);
    private static final String LOADING = "Loading model";

    /** nginx' status for a client that has left; nobody is there to read it. */
    private static final int CLIENT_CLOSED_REQUEST = 499;

    /** It is this request that cannot be worked on; the engine is fine. */
    private static final int UNPROCESSABLE = 422;

    ApiError of(GenerationError error) {
        return switch (error) {
            case GenerationError.InvalidRequest e -> ApiError.invalid(e.parameter(), e.message());
            case GenerationError.ContextLengthExceeded e ->
                ApiError.of(400, INVALID_REQUEST, "context_length_exceeded", e.message());
            case GenerationError.Overloaded e ->
                ApiError.of(429, "rate_limit_error", "overloaded", e.message()).withRetryAfter(e.retryAfter());
            case GenerationError.QueueTimeout e ->
                ApiError.of(503, SERVER_ERROR, "queue_timeout", e.message()).withRetryAfter(e.retryAfter());
            case GenerationError.DeadlineExceeded e ->
                // sent again it would cost as much once more, when there is too much to do already
                ApiError.of(504, SERVER_ERROR, "request_timeout", e.message()).withoutRetry();
            case GenerationError.Loading e ->
                ApiError.of(503, SERVER_ERROR, "loading", loading(e.message())).withRetryAfter(retryAfter);
            case GenerationError.Unavailable e ->
                ApiError.of(503, SERVER_ERROR, "unavailable", ShortPaths.in(e.message()))
                        .withRetryAfter(e.retryAfter());
            case GenerationError.ShuttingDown e ->
                ApiError.of(503, SERVER_ERROR, "shutting_down", e.message()).withRetryAfter(retryAfter);
            case GenerationError.Reloaded e ->
                ApiError.of(503, SERVER_ERROR, "reloaded", e.message()).withRetryAfter(retryAfter);
            case GenerationError.WorkerLost e -> ApiError.of(500, SERVER_ERROR, "worker_lost", e.message());
            case GenerationError.EndsWorkers e ->
                // no 5xx: a router sends those again, to the next engine, and has them count against this one
                ApiError.of(UNPROCESSABLE, SERVER_ERROR, "ends_workers", e.message())
                        .withoutRetry();
            case GenerationError.SlowReader e -> ApiError.of(500, SERVER_ERROR, "slow_reader", e.message());
            case GenerationError.Cancelled e ->
                ApiError.of(CLIENT_CLOSED_REQUEST, SERVER_ERROR, "cancelled", e.message());
            case GenerationError.Internal e -> ApiError.of(500, SERVER_ERROR, "internal_error", e.message());
        };
    }

    /** Empty for what is nobody's answer: a defect of ours. */
    Optional<ApiError> of(Throwable failure) {
        return switch (failure) {
            case ApiException e -> Optional.of(e.error());
            case GenerationException e -> Optional.of(of(e.error()));
            case InvalidRequestException e ->
                Optional.of(ApiError.invalid(e.parameter(), String.valueOf(e.getMessage())));
            case ChatTemplateException e ->
                Optional.of(
                        switch (e.kind()) {
                            case REFUSED -> ApiError.invalid("messages", String.valueOf(e.getMessage()));
                            case FAILED ->
                                ApiError.of(500, SERVER_ERROR, "chat_template_error", String.valueOf(e.getMessage()));
                        });
            default -> Optional.empty();
        };
    }

    /** What to tell the client of any failure; a defect of ours is logged, and told by its request id alone. */
    ApiError answerTo(Throwable failure, String requestId) {
        return of(failure).orElseGet(() -> {
            LOG.requestId(requestId).errorf(failure, "the request failed");
            return defect(requestId);
        });
    }

    static ApiError defect(String requestId) {
        return ApiError.of(
                500, SERVER_ERROR, "internal_error", "an internal error; the log has it under request id " + requestId);
    }

    /** Clients and load balancers know the state by these words. */
    private static String loading(String message) {
        // clients need not know the folders of this machine; the log has them
        String text = ShortPaths.in(message);
        return text.startsWith(LOADING) ? text : LOADING + ": " + text;
    }
}
