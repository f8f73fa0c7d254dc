package io.quern.openai;

import static io.quern.openai.ApiError.INVALID_REQUEST;

import io.quern.catalog.HostedModel;
import io.quern.catalog.ModelCatalog;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Selects the model of a request by the name that the request gives.
 *
 * @param find returns the name of the model with a name or alias
 * @param standard returns the name of the model of requests that name none, if there is one
 * @param count returns the number of models
 * @param similar returns some names that are similar to an unknown one
 */
record ModelSelection(
        Function<String, Optional<String>> find,
        Supplier<Optional<String>> standard,
        Supplier<Integer> count,
        Function<String, List<String>> similar) {

    static ModelSelection in(ModelCatalog catalog) {
        return new ModelSelection(
                name -> catalog.named(name).map(HostedModel::name),
                () -> catalog.byDefault().map(HostedModel::name),
                () -> catalog.all().size(),
                catalog::similar);
    }

    /**
     * Returns the name of the model that a request asks for.
     *
     * @throws ApiException if there is no such model, or the request names none and there is no default
     */
    String of(Fields body) {
        return of(body.text("model"));
    }

    private String of(@Nullable String asked) {
        return asked != null
                ? named(asked)
                : standard.get()
                        .orElseThrow(() -> ApiException.invalid(
                                "model",
                                "model is missing, and this engine has no default model. " + served("")
                                        + " An operator can set quern.catalog.default-model."));
    }

    /**
     * Returns the name of the model with this name or alias.
     *
     * @throws ApiException if there is none
     */
    String named(String asked) {
        return find.apply(asked)
                .orElseThrow(() -> new ApiException(new ApiError(
                        404,
                        INVALID_REQUEST,
                        "model_not_found",
                        "model",
                        "The model " + Excerpt.quoted(asked) + " does not exist. " + served(asked),
                        null,
                        true)));
    }

    private String served(String asked) {
        List<String> names = similar.apply(asked);
        String listed = names.stream().map(Excerpt::quoted).collect(Collectors.joining(", "));
        return count.get() <= names.size()
                ? "This engine serves " + listed + "."
                : "This engine serves " + count.get() + " models, such as " + listed + "; GET /v1/models lists them.";
    }
}
