package io.quern.openai;

import io.quern.generation.GenerationError;
import io.quern.generation.GenerationException;

/** Says which of several prompts a refusal is about. Pure. */
final class PromptErrors {
    private static final String FIELD = "prompt";

    private PromptErrors() {}

    /**
     * Returns the failure with the path of the prompt, if the prompt may be at fault.
     *
     * @param prompt its number in the request
     */
    static Throwable of(Throwable failure, int prompt) {
        return failure instanceof GenerationException refused
                ? new GenerationException(of(refused.error(), FIELD + "[" + prompt + "]"))
                : failure;
    }

    private static GenerationError of(GenerationError error, String path) {
        return switch (error) {
            case GenerationError.InvalidRequest(String parameter, String message)
            when parameter == null || parameter.isEmpty() ->
                new GenerationError.InvalidRequest(path, path + ": " + message);
            case GenerationError.InvalidRequest(String parameter, String message)
            when parameter.startsWith(FIELD) -> {
                String inside = path + parameter.substring(FIELD.length());
                yield new GenerationError.InvalidRequest(
                        inside,
                        message.startsWith(parameter) ? inside + message.substring(parameter.length()) : message);
            }
            case GenerationError.ContextLengthExceeded(int tokens, int length, String message) ->
                new GenerationError.ContextLengthExceeded(tokens, length, path + ": " + message);
            default -> error;
        };
    }
}
