package io.quern.openai;

import static io.quern.openai.ApiError.INVALID_REQUEST;

/** The name of the served model, as clients use it. */
record ModelName(String served) {

    /**
     * Checks the model that a request names.
     *
     * @throws ApiException if the request names another model; it need not name one
     */
    void check(Fields body) {
        String asked = body.text("model");
        if (asked != null) {
            check(asked);
        }
    }

    void check(String asked) {
        if (!asked.equals(served)) {
            throw new ApiException(new ApiError(
                    404,
                    INVALID_REQUEST,
                    "model_not_found",
                    "model",
                    "The model " + Excerpt.quoted(asked) + " does not exist. This engine serves "
                            + Excerpt.quoted(served) + ".",
                    null,
                    true));
        }
    }
}
