package io.quern.openai;

import com.fasterxml.jackson.databind.JsonNode;
import io.quern.generation.Family;
import io.quern.generation.GenerationRequest;
import io.quern.generation.Prompt;
import io.quern.generation.Reports;
import io.quern.generation.Sharing;
import io.quern.openai.ReplyForm.Shown;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;

/**
 * Reads how many choices a request wants and what they show, and makes a generation for each.
 *
 * @param maxChoices most generations of one request
 */
record ChoiceFields(int maxChoices) {
    /** A field of vLLM. */
    static final String PROMPT = "prompt_logprobs";

    /** Fields of chats. */
    static final Set<String> OF_CHATS = Set.of("n", "logprobs", "top_logprobs", PROMPT);

    /** Fields of completions. */
    static final Set<String> OF_COMPLETIONS = Set.of("n", "best_of", "logprobs", "echo", PROMPT);

    /** OpenAI's limit for completions. */
    private static final int MAX_COMPLETION_LOGPROBS = 5;

    /**
     * The choices that a request wants.
     *
     * @param logprobs number of most likely tokens to report for each token, or empty for none
     * @param usageInChunks whether each chunk of a stream contains the usage so far
     */
    record Wanted(Candidates candidates, OptionalInt logprobs, Shown shown, boolean usageInChunks) {}

    /** Reads the fields of a chat. */
    Wanted ofChat(Fields body) {
        boolean logprobs = body.bool("logprobs");
        int top = body.integer("top_logprobs", 0, 0);
        if (top > Reports.MAX_LOGPROBS) {
            throw tooMany(body.path("top_logprobs"), Reports.MAX_LOGPROBS, top);
        }
        if (top > 0 && !logprobs) {
            throw ApiException.invalid(
                    body.path("top_logprobs"), body.path("top_logprobs") + " is allowed only if logprobs is true");
        }
        int n = atMostMax(body, "n", 1);
        OptionalInt reported = logprobs ? OptionalInt.of(top) : OptionalInt.empty();
        return new Wanted(
                new Candidates(n, n),
                reported,
                new Shown(logprobs, false, true, promptLogprobs(body)),
                usageInChunks(body));
    }

    /**
     * Reads the fields of a completion.
     *
     * @param answered whether the client wants an answer, and not only its prompt back
     */
    Wanted ofCompletion(Fields body, boolean answered) {
        OptionalInt logprobs = completionLogprobs(body);
        boolean echo = body.bool("echo");
        Candidates candidates = candidates(body);
        Shown shown = new Shown(logprobs.isPresent(), echo, answered, promptLogprobs(body));
        return new Wanted(candidates, logprobs, shown, usageInChunks(body));
    }

    /** As in vLLM, streams have none. Some clients send false for none. */
    private static OptionalInt promptLogprobs(Fields body) {
        JsonNode value = body.get(PROMPT);
        if (value == null || value.isBoolean() && !value.booleanValue()) {
            return OptionalInt.empty();
        }
        if (body.bool("stream")) {
            throw ApiException.invalid(body.path(PROMPT), body.path(PROMPT) + " is allowed only if stream is false");
        }
        int top = body.integer(PROMPT, 0, 0);
        if (top > Reports.MAX_LOGPROBS) {
            throw tooMany(body.path(PROMPT), Reports.MAX_LOGPROBS, top);
        }
        return OptionalInt.of(top);
    }

    /** An extension of vLLM, which also needs include_usage. */
    private static boolean usageInChunks(Fields body) {
        Fields options = body.object("stream_options");
        return options != null && options.bool("continuous_usage_stats") && options.bool("include_usage");
    }

    private Candidates candidates(Fields body) {
        int n = atMostMax(body, "n", 1);
        int best = atMostMax(body, "best_of", n);
        if (best < n) {
            throw ApiException.invalid(
                    body.path("best_of"), body.path("best_of") + " must be at least n (" + n + "), but is " + best);
        }
        if (best > n && body.bool("stream")) {
            throw ApiException.invalid(
                    body.path("best_of"),
                    body.path("best_of") + " must be n if stream is true, because a stream cannot wait for the best");
        }
        return new Candidates(n, best);
    }

    /** The value is a number, but some clients send false for none. */
    private static OptionalInt completionLogprobs(Fields body) {
        JsonNode value = body.get("logprobs");
        if (value == null || value.isBoolean() && !value.booleanValue()) {
            return OptionalInt.empty();
        }
        int logprobs = body.integer("logprobs", 0, 0);
        if (logprobs > MAX_COMPLETION_LOGPROBS) {
            throw tooMany(body.path("logprobs"), MAX_COMPLETION_LOGPROBS, logprobs);
        }
        return OptionalInt.of(logprobs);
    }

    /**
     * Makes the generations: all choices of the first prompt, then those of the next one.
     *
     * @param one the request for one choice of the first prompt
     */
    Asked choices(Asked one, Wanted wanted, List<? extends Prompt> prompts) {
        int each = wanted.candidates().generated();
        if ((long) prompts.size() * each > maxChoices) {
            throw ApiException.invalid(
                    "prompt",
                    "prompt has " + prompts.size() + " elements"
                            + (each > 1 ? " and each gets " + each + " answers" : "")
                            + ", but one request gets at most " + maxChoices
                            + " answers (quern.openai.max-choices)");
        }
        int count = prompts.size() * each;
        List<GenerationRequest> generations = new ArrayList<>(count);
        for (Prompt prompt : prompts) {
            GenerationRequest request = one.generation().withPrompt(prompt);
            String family = each > 1 ? UUID.randomUUID().toString() : "";
            for (int i = 0; i < each; i++) {
                GenerationRequest reporting = request.withReports(reports(one, wanted, prompt, i == 0));
                generations.add(count == 1 ? reporting : member(reporting, generations.size(), family, i, each));
            }
        }
        return new Asked(
                one.model(),
                generations,
                one.parsers(),
                one.reply().with(wanted.candidates(), wanted.shown(), wanted.usageInChunks()));
    }

    private static GenerationRequest member(GenerationRequest request, int index, String family, int i, int size) {
        Sharing sharing = request.sharing();
        return new GenerationRequest(
                request.id() + "." + index,
                request.prompt(),
                request.sampling().withSeed(ChoiceSeeds.of(request.sampling().seed(), i)),
                request.constraint(),
                request.ending(),
                request.reports(),
                size > 1 ? sharing.with(new Family(family, i, size)) : sharing);
    }

    /** @param first whether this is the first choice of the prompt, which reports the prompt for all */
    private static Reports reports(Asked one, Wanted wanted, Prompt prompt, boolean first) {
        Shown shown = wanted.shown();
        boolean compared = wanted.candidates().compared();
        OptionalInt logprobs = wanted.logprobs().isEmpty() && compared ? OptionalInt.of(0) : wanted.logprobs();
        // without log probabilities, only the worker knows the text of tokens
        boolean reportsPrompt = shown.echo() && (shown.logprobs() || prompt instanceof Prompt.Tokens);
        OptionalInt echoed = reportsPrompt ? OptionalInt.of(wanted.logprobs().orElse(0)) : OptionalInt.empty();
        OptionalInt ofPrompt = first ? most(echoed, shown.promptLogprobs()) : echoed;
        Reports others = one.generation().reports();
        return new Reports(logprobs, ofPrompt, others.specialTokens(), others.lengths());
    }

    private static OptionalInt most(OptionalInt one, OptionalInt other) {
        return IntStream.concat(one.stream(), other.stream()).max();
    }

    private int atMostMax(Fields body, String name, int absent) {
        int value = body.integer(name, 1, absent);
        if (value > maxChoices) {
            throw ApiException.invalid(
                    body.path(name),
                    body.path(name) + " must be at most " + maxChoices + " (quern.openai.max-choices), but is "
                            + value);
        }
        return value;
    }

    private static ApiException tooMany(String path, int max, int value) {
        return ApiException.invalid(path, path + " must be at most " + max + ", but is " + value);
    }
}
