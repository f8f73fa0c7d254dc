package io.quern.openai;

import static io.quern.model.ChatTemplateException.Kind.FAILED;
import static io.quern.model.ChatTemplateException.Kind.REFUSED;
import static org.assertj.core.api.Assertions.assertThat;

import io.quern.generation.GenerationError;
import io.quern.generation.GenerationException;
import io.quern.model.ChatTemplateException;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ErrorMappingTest {
    private static final Duration TWO_SECONDS = Duration.ofSeconds(2);
    private static final Duration DEFAULT = Duration.ofSeconds(5);
    private static final ErrorMapping ERRORS = new ErrorMapping(DEFAULT);

    static List<Arguments> table() {
        return List.of(
                row(new GenerationError.InvalidRequest("top_p", "m"), 400, "invalid_request_error", null, null),
                row(
                        new GenerationError.ContextLengthExceeded(9000, 8192, "m"),
                        400,
                        "invalid_request_error",
                        "context_length_exceeded",
                        null),
                row(
                        new GenerationError.Overloaded(TWO_SECONDS, "m"),
                        429,
                        "rate_limit_error",
                        "overloaded",
                        TWO_SECONDS),
                row(
                        new GenerationError.QueueTimeout(TWO_SECONDS, "m"),
                        503,
                        "server_error",
                        "queue_timeout",
                        TWO_SECONDS),
                row(new GenerationError.DeadlineExceeded("m"), 504, "server_error", "request_timeout", null),
                row(new GenerationError.Loading("m"), 503, "server_error", "loading", DEFAULT),
                row(new GenerationError.Unavailable(TWO_SECONDS, "m"), 503, "server_error", "unavailable", TWO_SECONDS),
                row(new GenerationError.ShuttingDown("m"), 503, "server_error", "shutting_down", DEFAULT),
                row(new GenerationError.Reloaded("m"), 503, "server_error", "reloaded", DEFAULT),
                row(new GenerationError.WorkerLost(1, "m"), 500, "server_error", "worker_lost", null),
                row(new GenerationError.EndsWorkers(4, "m"), 422, "server_error", "ends_workers", null),
                row(new GenerationError.GrammarRejects("m"), 500, "server_error", "grammar_rejects", null),
                row(new GenerationError.SlowReader("m"), 500, "server_error", "slow_reader", null),
                row(new GenerationError.Cancelled("m"), 499, "server_error", "cancelled", null),
                row(new GenerationError.Internal("m"), 500, "server_error", "internal_error", null));
    }

    @ParameterizedTest
    @MethodSource("table")
    void everyErrorHasStatusTypeAndCode(
            GenerationError error, int status, String type, String code, Duration retryAfter) {
        ApiError answer = ERRORS.of(error);
        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.type()).isEqualTo(type);
        assertThat(answer.code()).isEqualTo(code);
        assertThat(answer.retryAfter()).isEqualTo(retryAfter);
        assertThat(answer.message()).endsWith("m");
        assertThat(ERRORS.of(new GenerationException(error))).contains(answer);
    }

    @Test
    void tableContainsEveryError() {
        Set<Object> tested =
                table().stream().map(row -> row.get()[0].getClass()).collect(Collectors.toSet());
        assertThat(tested).containsAll(Arrays.asList(GenerationError.class.getPermittedSubclasses()));
    }

    @Test
    void crashingAndExpiredRequestsMustNotBeRetried() {
        assertThat(ERRORS.of(new GenerationError.DeadlineExceeded("m")).retry()).isFalse();
        assertThat(ERRORS.of(new GenerationError.EndsWorkers(4, "m")).retry()).isFalse();
        assertThat(ERRORS.of(new GenerationError.WorkerLost(1, "m")).retry()).isTrue();
    }

    @Test
    void loadingMessageStartsAsClientsExpect() {
        assertThat(ERRORS.of(new GenerationError.Loading("tensors 40%")).message())
                .isEqualTo("Loading model: tensors 40%");
        assertThat(ERRORS.of(new GenerationError.Loading("Loading model demo")).message())
                .isEqualTo("Loading model demo");
    }

    @Test
    void templateFailureBlamesRequestOrTemplate() {
        assertThat(ERRORS.of(new ChatTemplateException(REFUSED, 3, "roles must alternate (line 3)")))
                .contains(ApiError.invalid("messages", "roles must alternate (line 3)"));
        assertThat(ERRORS.of(new ChatTemplateException(FAILED, 1, "broken (line 1)")))
                .hasValueSatisfying(error -> assertThat(error.status()).isEqualTo(500));
    }

    @Test
    void defectHasNoAnswerAndNamesRequestId() {
        assertThat(ERRORS.of(new IllegalStateException("secret prompt"))).isEmpty();
        assertThat(ErrorMapping.defect("req-1").message()).contains("req-1");
    }

    @Test
    void retryAfterIsWholeSecondsAndNeverZero() {
        assertThat(Stream.of(0, 1, 1000, 1001, 2500)
                        .map(ms -> ApiError.invalid(null, "m").withRetryAfter(Duration.ofMillis(ms)))
                        .map(ApiError::retryAfterSeconds))
                .containsExactly(1L, 1L, 1L, 2L, 3L);
    }

    @Test
    void errorJsonHasOpenAiFormat() {
        assertThat(new JsonObject(ApiError.invalid("stop[1]", "say \"x\"").json()))
                .isEqualTo(new JsonObject()
                        .put(
                                "error",
                                new JsonObject()
                                        .put("message", "say \"x\"")
                                        .put("type", "invalid_request_error")
                                        .put("param", "stop[1]")
                                        .putNull("code")));
    }

    private static Arguments row(GenerationError error, int status, String type, String code, Duration retryAfter) {
        return Arguments.of(error, status, type, code, retryAfter);
    }
}
