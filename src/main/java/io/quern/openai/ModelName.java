package io.quern.openai;

import static io.quern.openai.ApiError.INVALID_REQUEST;

/** The one model there is, by the name clients use. */
record ModelName(String served) {

    /** @throws ApiException if the request asks for another one; naming none is fine */
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
                    "The model " + Excerpt.quoted(asked) + " does not exist here; " + Excerpt.quoted(served)
                            + " is served",
                    null,
                    true));
        }
    }
}
