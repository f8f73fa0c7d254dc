package io.quern.attacks;

/** One thing that an attacker tries. */
interface Attack {
    /** For {@code --only}, the table and the names of logs. */
    String name();

    /** What is tried and what would be a success, as one sentence of the table. */
    String tries();

    /** Whether it has to become another user first, or needs another privilege that only root has. */
    default boolean needsRoot() {
        return false;
    }

    /**
     * Tries it.
     *
     * @throws Exception if it could not be tried; this counts as a failure of the suite, not as an attack that was held
     */
    Finding run(Target target) throws Exception;
}
