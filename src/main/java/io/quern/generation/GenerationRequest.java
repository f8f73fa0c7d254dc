package io.quern.generation;

import java.util.List;
import java.util.Objects;

/**
 * One sequence to generate.
 *
 * @param id the request's id for logs and clients; never interpreted
 * @param prompt what the model continues
 * @param sampling how tokens are picked
 * @param maxTokens upper bound of generated tokens; 0: until the context is full
 * @param stop strings that end the answer and are not part of it; at most {@value #MAX_STOP_STRINGS}, none empty
 * @param ignoreEos go on behind the model's end-of-generation token (for measurements)
 * @param cacheSalt requests of one client share what was computed of a prompt's beginning only if this is equal; empty: the usual
 */
public record GenerationRequest(
        String id,
        Prompt prompt,
        SamplingOptions sampling,
        int maxTokens,
        List<String> stop,
        boolean ignoreEos,
        String cacheSalt) {

    /** OpenAI allows 4; more does no harm, without a bound it would. */
    public static final int MAX_STOP_STRINGS = 16;

    public static final int MAX_STOP_LENGTH = 1000;

    /** Without a salt of its own. */
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
            throw new InvalidRequestException("max_tokens", "must be positive, is " + maxTokens);
        }
        stop = List.copyOf(stop);
        if (stop.size() > MAX_STOP_STRINGS) {
            throw new InvalidRequestException(
                    "stop", "must hold at most " + MAX_STOP_STRINGS + " strings, holds " + stop.size());
        }
        for (String s : stop) {
            if (s.isEmpty() || s.length() > MAX_STOP_LENGTH) {
                throw new InvalidRequestException(
                        "stop", "must hold strings of 1 to " + MAX_STOP_LENGTH + " characters, one has " + s.length());
            }
        }
    }
}
