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
 * Maps each failure to an error of the OpenAI API.
 *
 * @param retryAfter time to wait after errors that clients may retry and that carry no time of their own
 */
record ErrorMapping(Duration retryAfter) {
    private static final KeyedLog LOG = KeyedLog.of(ErrorMapping.class);
    private static final String LOADING = "Loading model";

    /** nginx' status for a client that has left. Nobody reads it. */
    private static final int CLIENT_CLOSED_REQUEST = 499;

    /** The status for a request that the engine cannot process although the engine itself is well. */
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
                // a repeated request would cost as much again, when there is too much to do already
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
                // not a 5xx: a router would repeat it on the next engine, and count the failure against this one
                ApiError.of(UNPROCESSABLE, SERVER_ERROR, "ends_workers", e.message())
                        .withoutRetry();
            case GenerationError.GrammarRejects e -> ApiError.of(500, SERVER_ERROR, "grammar_rejects", e.message());
            case GenerationError.SlowReader e -> ApiError.of(500, SERVER_ERROR, "slow_reader", e.message());
            case GenerationError.Cancelled e ->
                ApiError.of(CLIENT_CLOSED_REQUEST, SERVER_ERROR, "cancelled", e.message());
            case GenerationError.Internal e -> ApiError.of(500, SERVER_ERROR, "internal_error", e.message());
        };
    }

    /** Returns the error, or empty for a defect of the engine. */
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

    /** Returns the client's answer to any failure. A defect is logged, and the client gets only the request id. */
    ApiError answerTo(Throwable failure, String requestId) {
        return of(failure).orElseGet(() -> {
            LOG.requestId(requestId).errorf(failure, "The request failed");
            return defect(requestId);
        });
    }

    static ApiError defect(String requestId) {
        return ApiError.of(
                500,
                SERVER_ERROR,
                "internal_error",
                "An internal error occurred. The engine's log has the details under request id " + requestId + ".");
    }

    /** Clients and load balancers recognise the state by these words. */
    private static String loading(String message) {
        // clients need not know the folders of this machine; the log names them
        String text = ShortPaths.in(message);
        return text.startsWith(LOADING) ? text : LOADING + ": " + text;
    }
}
