package io.quern.openai;

import io.quern.generation.GenerationRequest;
import java.util.List;
import java.util.function.Supplier;

/**
 * A request that was read and is valid.
 *
 * @param model the name of the model that is to answer
 * @param generations one for each choice, in the order of their indices; at least one
 * @param parsers creates the parser of each choice
 * @param reply the form of the answer
 */
record Asked(String model, List<GenerationRequest> generations, Supplier<ChoiceParser> parsers, ReplyForm reply) {
    Asked {
        generations = List.copyOf(generations);
    }

    /** Creates a request for one choice whose text needs no parsing. */
    Asked(String model, GenerationRequest generation, boolean stream, boolean includeUsage) {
        this(model, List.of(generation), ChoiceParser.ALL_PLAIN, new ReplyForm(stream, includeUsage));
    }

    /** Returns the generation of the first choice. */
    GenerationRequest generation() {
        return generations.getFirst();
    }

    /** Returns how many prompts there are. */
    int prompts() {
        return generations.size() / reply.candidates().generated();
    }

    /** Returns the number of the prompt that a generation continues. */
    int promptOf(int generation) {
        return generation / reply.candidates().generated();
    }

    boolean stream() {
        return reply.stream();
    }

    boolean includeUsage() {
        return reply.includeUsage();
    }
}
