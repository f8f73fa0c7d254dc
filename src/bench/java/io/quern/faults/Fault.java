package io.quern.faults;

/** Something that goes wrong, and the promises that must hold then. */
interface Fault {
    /** Returns the name that {@code --only}, the table and the names of logs use. */
    String name();

    /** Returns whether the fault can happen with this start method. */
    default boolean concerns(String method) {
        return true;
    }

    /** Returns whether it is the same with every start method, so that the short suite causes it once. */
    default boolean sameWithAll() {
        return false;
    }

    /** Causes the fault with the test bed's start method. An exception counts as a broken promise. */
    Outcome run(TestBed testBed) throws Exception;
}
