package io.quern.boot;

import io.quern.model.GgufMetadata;
import io.quern.model.ModelFileException;
import io.quern.model.ModelMemory;
import io.quern.store.Candidate;
import io.quern.store.QuantisationChoice;
import io.quern.store.StoreException;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Chooses the best quantisation that fits into the memory of this machine, by the memory plan of a start. It prefers
 * one that fits with the usual number and length of slots to a better one for which the plan would lower them. Looks at
 * the machine when it is first asked. Not thread-safe.
 */
final class FittingQuantisation implements QuantisationChoice {
    private final Supplier<Function<ModelMemory, MemoryPlan>> machine;
    private Function<ModelMemory, MemoryPlan> planner;

    /** @param machine looks at this machine, and returns what plans a start on it */
    FittingQuantisation(Supplier<Function<ModelMemory, MemoryPlan>> machine) {
        this.machine = machine;
    }

    @Override
    public Choice choose(List<Candidate> candidates) {
        List<Candidate> best =
                candidates.stream().sorted(QuantisationRank.BEST_FIRST).toList();
        // the quantisations of a model differ in their weights only, so one header says what all need
        ModelMemory shape = header(smallest(candidates));
        return first(
                        best,
                        shape,
                        plan -> plan.problem() == null && plan.lowered().isEmpty())
                .or(() -> first(best, shape, plan -> plan.problem() == null))
                .orElseThrow(() -> tooLarge(smallest(candidates), candidates.size(), shape));
    }

    private Optional<Choice> first(List<Candidate> best, ModelMemory shape, Predicate<MemoryPlan> fits) {
        for (Candidate candidate : best) {
            if (fits.test(plan(candidate, shape))) {
                // a repository may contain models of several sizes: this one has the last word
                MemoryPlan plan = plan(candidate, header(candidate));
                if (fits.test(plan)) {
                    return Optional.of(new Choice(candidate, reason(candidate, best.size(), plan)));
                }
            }
        }
        return Optional.empty();
    }

    private static String reason(Candidate candidate, int count, MemoryPlan plan) {
        String memory = "it needs " + plan.arithmetic() + " of " + plan.limitText();
        String lowered = plan.lowered().isEmpty() ? "" : " if the engine lowers some settings: " + plan.lowered();
        return count == 1
                ? candidate.quantisation() + " is the only one: " + memory + lowered + "."
                : candidate.quantisation() + " is the best of " + count + " that fits this machine: " + memory + lowered
                        + ".";
    }

    private StoreException tooLarge(Candidate smallest, int count, ModelMemory shape) {
        return StoreException.tooLarge("Cannot use this model on this machine: "
                + (count == 1 ? "" : "even with " + smallest.quantisation() + ", the smallest of " + count + ", ")
                + plan(smallest, shape).problem() + ".");
    }

    @Override
    public Optional<String> remark(Candidate named, List<Candidate> others) {
        if (named.header().size() == 0) {
            return Optional.empty();
        }
        try {
            ModelMemory shape = header(named);
            String problem = plan(named, shape).problem();
            if (problem == null) {
                return Optional.empty();
            }
            String advice = others.stream()
                    .sorted(QuantisationRank.BEST_FIRST)
                    .filter(other -> plan(other, shape).problem() == null)
                    .findFirst()
                    .map(other -> " The quantisation " + other.quantisation() + " would fit.")
                    .orElse(" No other quantisation would fit.");
            return Optional.of("This machine cannot serve the model: " + problem + "." + advice);
        } catch (StoreException e) {
            // a server that sends no parts; the engine checks the memory when it starts
            return Optional.empty();
        }
    }

    private MemoryPlan plan(Candidate candidate, ModelMemory shape) {
        if (planner == null) {
            planner = machine.get();
        }
        return planner.apply(
                shape.withWeights(candidate.bytes(), QuantisationRank.isQuantised(candidate) ? candidate.bytes() : 0));
    }

    private static ModelMemory header(Candidate candidate) {
        String name = candidate.files().getFirst();
        try {
            return ModelMemory.of(GgufMetadata.read(name, candidate.header()));
        } catch (ModelFileException e) {
            throw StoreException.notAModel(String.valueOf(e.getMessage()), e);
        }
    }

    private static Candidate smallest(List<Candidate> candidates) {
        return candidates.stream()
                .min(Comparator.comparingLong(Candidate::bytes))
                .orElseThrow();
    }
}
