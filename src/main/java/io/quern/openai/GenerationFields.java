package io.quern.openai;

import io.quern.generation.Ending;
import io.quern.generation.GenerationRequest;
import io.quern.generation.Penalties;
import io.quern.generation.Prompt;
import io.quern.generation.Reports;
import io.quern.generation.SamplingOptions;
import io.quern.generation.Sharing;
import io.quern.generation.Truncation;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads the fields that chats and completions share. It checks types; the records of the {@code generation} room check
 * ranges.
 *
 * @param defaults returns the sampling of requests to a model, by its name
 * @param seeds returns the seed for a request without one
 * @param constraints reads what constrains the text
 */
record GenerationFields(Function<String, SamplingDefaults> defaults, LongSupplier seeds, ConstraintFields constraints) {
    /** The fields that are read from all bodies. */
    static final JsonShape SHAPE = JsonShape.object(Map.of())
            .and(Set.of(
                    "model",
                    "max_tokens",
                    "temperature",
                    "top_p",
                    "top_k",
                    "min_p",
                    "presence_penalty",
                    "frequency_penalty",
                    "repetition_penalty",
                    "seed",
                    "cache_salt",
                    "stream"))
            .and(TokenFields.SHAPE.fields())
            .and(ConstraintFields.SHAPES)
            .and(
                    "stream_options",
                    JsonShape.object(
                            Map.of("include_usage", JsonShape.LEAF, "continuous_usage_stats", JsonShape.LEAF)));

    /** The value with which vLLM's clients switch it off. */
    private static final int TOP_K_OFF = -1;

    /**
     * What the fields say.
     *
     * @param constraint the constraint that the request has in {@code asked}, with its grammar; or null
     */
    record Read(Asked asked, ConstraintFields.@Nullable Wanted constraint) {}

    /**
     * Reads the fields of a body.
     *
     * @param model the name of the selected model
     * @param prompt called last, because a template may cost more than all other checks
     * @param maxTokens 0: until the context is full
     */
    Read read(Fields body, String model, String requestId, Supplier<Prompt> prompt, int maxTokens) {
        SamplingOptions sampling = sampling(body, defaults.apply(model));
        Ending ending = TokenFields.ending(body, maxTokens);
        Reports reports = new Reports(OptionalInt.empty(), OptionalInt.empty(), TokenFields.showsSpecialTokens(body));
        String cacheSalt = cacheSalt(body);
        ConstraintFields.Wanted constraint = constraints.read(body);
        boolean stream = body.bool("stream");
        Fields streamOptions = body.object("stream_options");
        if (streamOptions != null && !stream) {
            throw ApiException.invalid(
                    body.path("stream_options"), body.path("stream_options") + " is allowed only if stream is true");
        }
        boolean includeUsage = streamOptions != null && streamOptions.bool("include_usage");
        GenerationRequest generation = new GenerationRequest(
                requestId,
                prompt.get(),
                sampling,
                constraint == null ? null : constraint.constraint(),
                ending,
                reports,
                new Sharing(cacheSalt, null));
        return new Read(new Asked(model, generation, stream, includeUsage), constraint);
    }

    private SamplingOptions sampling(Fields body, SamplingDefaults defaults) {
        int topK = body.integer("top_k", TOP_K_OFF, defaults.topK());
        Long seed = body.longInteger("seed");
        return new SamplingOptions(
                body.number("temperature", defaults.temperature()),
                new Truncation(
                        body.number("top_p", defaults.topP()),
                        topK == TOP_K_OFF ? 0 : topK,
                        body.number("min_p", defaults.minP()),
                        body.number("typical_p", 1)),
                new Penalties(
                        body.number("presence_penalty", 0),
                        body.number("frequency_penalty", 0),
                        body.number("repetition_penalty", defaults.repetitionPenalty())),
                TokenFields.rules(body),
                seed == null ? seeds.getAsLong() : seed);
    }

    /** Reads the salt. As in vLLM, a salt must not be empty if it is there. */
    private static String cacheSalt(Fields body) {
        String salt = body.text("cache_salt");
        if (salt != null && salt.isEmpty()) {
            throw ApiException.invalid(body.path("cache_salt"), body.path("cache_salt") + " must not be empty");
        }
        return salt == null ? "" : salt;
    }
}
