package io.quern.faults;

/** Something that goes wrong, and what is promised then. */
interface Fault {
    /** For {@code --only}, the table and the names of logs. */
    String name();

    /** Whether there is such a thing under that start method. */
    default boolean concerns(String method) {
        return true;
    }

    /** Lets it happen, under the stage's start method. An exception counts as a failure too. */
    Outcome run(Stage stage) throws Exception;
}
