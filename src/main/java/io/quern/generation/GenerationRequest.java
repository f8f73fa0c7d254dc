package io.quern.generation;

import java.util.List;
import java.util.Objects;

/**
 * Describes one sequence to generate.
 *
 * @param id the request's id in logs and answers; never interpreted
 * @param prompt the text that the model continues
 * @param sampling how tokens are chosen
 * @param maxTokens upper bound of generated tokens; 0: until the context is full
 * @param stop strings that end the answer and are not part of it; at most {@value #MAX_STOP_STRINGS}, none empty
 * @param ignoreEos whether to continue after the model's end-of-generation token, for measurements
 * @param cacheSalt requests of a client share cached prompt prefixes only if their salts are equal; empty: no salt
 */
public record GenerationRequest(
        String id,
        Prompt prompt,
        SamplingOptions sampling,
        int maxTokens,
        List<String> stop,
        boolean ignoreEos,
        String cacheSalt) {

    /** OpenAI allows 4. More do no harm, but some bound is needed. */
    public static final int MAX_STOP_STRINGS = 16;

    /** Characters of a stop string. */
    public static final int MAX_STOP_LENGTH = 1000;

    /** Creates a request without a cache salt. */
    public GenerationRequest(
            String id, Prompt prompt, SamplingOptions sampling, int maxTokens, List<String> stop, boolean ignoreEos) {
        this(id, prompt, sampling, maxTokens, stop, ignoreEos, "");
    }

    public GenerationRequest {
        Objects.requireNonNull(cacheSalt);
        Objects.requireNonNull(id);
        Objects.requireNonNull(prompt);
        Objects.requireNonNull(sampling);
        if (maxTokens < 0) {
            throw new InvalidRequestException("max_tokens", "must be positive, but is " + maxTokens);
        }
        stop = List.copyOf(stop);
        if (stop.size() > MAX_STOP_STRINGS) {
            throw new InvalidRequestException(
                    "stop", "must contain at most " + MAX_STOP_STRINGS + " strings, but contains " + stop.size());
        }
        for (String s : stop) {
            if (s.isEmpty() || s.length() > MAX_STOP_LENGTH) {
                throw new InvalidRequestException(
                        "stop",
                        "must contain strings of 1 to " + MAX_STOP_LENGTH + " characters, but one has " + s.length());
            }
        }
    }
}
