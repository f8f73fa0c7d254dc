package io.quern.brokenrules.process;

/** Its static initialiser would count the cores of the machine that builds a native executable. */
public final class KnowsTheMachine {
    static final int CORES = cores();

    private KnowsTheMachine() {}

    private static int cores() {
        return Runtime.getRuntime().availableProcessors();
    }
}
