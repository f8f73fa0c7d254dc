package io.quern.generation;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Describes one sequence to generate.
 *
 * @param id the request's id in logs and answers; never interpreted
 * @param prompt what the model continues
 * @param sampling how tokens are chosen
 * @param constraint the grammar that the answer must obey, or null
 * @param ending when the answer ends
 * @param reports what the answer contains beside its text
 * @param sharing with which requests it shares its computed prompt
 */
public record GenerationRequest(
        String id,
        Prompt prompt,
        SamplingOptions sampling,
        @Nullable Constraint constraint,
        Ending ending,
        Reports reports,
        Sharing sharing) {

    public GenerationRequest {
        Objects.requireNonNull(id);
        Objects.requireNonNull(prompt);
        Objects.requireNonNull(sampling);
        Objects.requireNonNull(ending);
        Objects.requireNonNull(reports);
        Objects.requireNonNull(sharing);
    }

    /** Creates a request without a grammar, log probabilities and a cache salt. */
    public GenerationRequest(
            String id, Prompt prompt, SamplingOptions sampling, int maxTokens, List<String> stop, boolean ignoreEos) {
        this(id, prompt, sampling, new Ending(maxTokens, stop, ignoreEos));
    }

    /** Creates a request without a grammar, log probabilities and a cache salt. */
    public GenerationRequest(String id, Prompt prompt, SamplingOptions sampling, Ending ending) {
        this(id, prompt, sampling, null, ending, Reports.NONE, Sharing.DEFAULT);
    }

    public GenerationRequest withPrompt(Prompt other) {
        return new GenerationRequest(id, other, sampling, constraint, ending, reports, sharing);
    }

    public GenerationRequest withConstraint(@Nullable Constraint other) {
        return new GenerationRequest(id, prompt, sampling, other, ending, reports, sharing);
    }

    public GenerationRequest withReports(Reports other) {
        return new GenerationRequest(id, prompt, sampling, constraint, ending, other, sharing);
    }

    public GenerationRequest withSharing(Sharing other) {
        return new GenerationRequest(id, prompt, sampling, constraint, ending, reports, other);
    }
}
