package io.quern.process;

import java.util.Map;
import java.util.Set;

/** Describes how a process ended. */
public sealed interface ExitStatus {

    /** Returns whether it was SIGKILL, which another process or the kernel sends. */
    default boolean killed() {
        return equals(new Signaled(Signaled.KILL));
    }

    /**
     * Returns whether another process, or the kernel when memory ran out, sent the signal. That excludes signals of a
     * crash and of exceeded limits.
     */
    default boolean fromOutside() {
        return this instanceof Signaled signaled && !Signaled.OWN.contains(signaled.signal());
    }

    record Exited(int code) implements ExitStatus {
        @Override
        public String toString() {
            return "exit code " + code;
        }
    }

    record Signaled(int signal) implements ExitStatus {
        private static final int KILL = 9;

        /** ILL, TRAP, ABRT, BUS, FPE, SEGV, XCPU, XFSZ, SYS. */
        private static final Set<Integer> OWN = Set.of(4, 5, 6, 7, 8, 11, 24, 25, 31);

        private static final Map<Integer, String> NAMES = Map.of(
                1, "HUP", 2, "INT", 3, "QUIT", 4, "ILL", 6, "ABRT", 7, "BUS", 8, "FPE", 9, "KILL", 11, "SEGV", 15,
                "TERM");

        @Override
        public String toString() {
            String name = NAMES.get(signal);
            return "signal " + signal + (name == null ? "" : " (" + name + ")");
        }
    }

    /**
     * Reads {@link Process#exitValue()}, in which the JDK reports death by signal n as 128 + n. Children of the engine
     * never exit with such a code themselves.
     */
    static ExitStatus of(int exitValue) {
        return exitValue > 128 && exitValue <= 128 + 64 ? new Signaled(exitValue - 128) : new Exited(exitValue);
    }
}
