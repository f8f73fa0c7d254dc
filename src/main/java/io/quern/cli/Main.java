package io.quern.cli;

import io.quarkus.runtime.annotations.QuarkusMain;

/**
 * The application's main. The build compiles it for Java 17, as Quarkus' own entry point is, so that a Java that is too
 * old for the other classes gets a message instead of an {@code UnsupportedClassVersionError}.
 */
@QuarkusMain
public final class Main {
    private static final int NEEDED = 25;

    Main() {}

    public static void main(String[] args) throws InterruptedException {
        if (Runtime.version().feature() < NEEDED) {
            System.err.println("Cannot start: Quern needs Java " + NEEDED + " or newer, but this is Java "
                    + Runtime.version() + " (" + System.getProperty("java.home")
                    + "). Use bin/quern, which brings its own Java, or another java for the jar.");
            System.exit(1);
        }
        Quern.main(args);
    }
}
