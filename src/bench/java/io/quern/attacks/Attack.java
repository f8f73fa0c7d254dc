package io.quern.attacks;

/** One thing that an attacker tries. */
interface Attack {
    /** Returns the name that {@code --only}, the table and the names of logs use. */
    String name();

    /** Says in one or two sentences of the table what is tried and what should happen. */
    String tries();

    /** Returns whether the attack needs another user or another privilege that only root has. */
    default boolean needsRoot() {
        return false;
    }

    /**
     * Tries the attack.
     *
     * @throws Exception if it could not be tried; this counts as a failure of the suite
     */
    Finding run(Target target) throws Exception;
}
