package io.quern.openai;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Selects the choices that the client wants from those that were generated. Pure. */
final class BestChoices {
    private BestChoices() {}

    /**
     * Returns the choices with the highest means for each prompt, best first, numbered through.
     *
     * @param all the generated choices, in the order of their generations
     * @param means the mean log probability of each
     */
    static List<Choice> of(List<Choice> all, double[] means, Candidates candidates) {
        List<Choice> best = new ArrayList<>();
        for (int first = 0; first < all.size(); first += candidates.generated()) {
            IntStream.range(first, first + candidates.generated())
                    .boxed()
                    .sorted(Comparator.comparingDouble(i -> -means[i]))
                    .limit(candidates.wanted())
                    .forEach(i -> best.add(all.get(i).at(best.size())));
        }
        return best;
    }
}
