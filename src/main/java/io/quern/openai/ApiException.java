package io.quern.openai;

import org.jspecify.annotations.Nullable;

/**
 * Carries an {@link ApiError} out of the parsing code. It has no stack trace, because it is an answer and not a defect.
 */
final class ApiException extends RuntimeException {
    private final transient ApiError error;

    ApiException(ApiError error) {
        super(error.message(), null, false, false);
        this.error = error;
    }

    static ApiException invalid(@Nullable String param, String message) {
        return new ApiException(ApiError.invalid(param, message));
    }

    ApiError error() {
        return error;
    }
}
