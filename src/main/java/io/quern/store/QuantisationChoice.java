package io.quern.store;

import java.util.List;
import java.util.Optional;

/** Decides which of the models that a repository offers suits this machine. */
public interface QuantisationChoice {

    /**
     * A choice and its reason.
     *
     * @param reason as a sentence for people
     */
    record Choice(Candidate candidate, String reason) {}

    /**
     * Chooses one. May block, because it may read the header of a candidate.
     *
     * @param candidates at least one
     * @throws StoreException if none suits ({@link StoreProblem#TOO_LARGE})
     */
    Choice choose(List<Candidate> candidates);

    /**
     * Says what is wrong with a model that the user has named, such as that it needs more memory than this machine has.
     *
     * @param others the other models of the repository, one of which may be better
     * @return a sentence or two for people, or empty if nothing is wrong or known
     */
    Optional<String> remark(Candidate named, List<Candidate> others);
}
