package io.quern.process;

/**
 * Identifies a process beyond its end, since the kernel reuses pids.
 *
 * @param start its start in the form of {@code /proc/PID/stat}
 * @param scope the boot of the machine and the container in which pid and start are valid
 */
public record ProcessIdentity(long pid, String start, String scope) {

    /** What is known about a process. */
    public enum Standing {
        RUNNING,
        ENDED,
        /** It belongs to another container, whose processes are invisible here. */
        UNKNOWN
    }

    /** Returns the identity of this process. */
    public static ProcessIdentity current() {
        long pid = ProcessHandle.current().pid();
        return new ProcessIdentity(pid, StartTime.of(pid).orElse("0"), StartTime.scope());
    }

    /** Finds out whether the process still runs. Reads {@code /proc}. */
    public Standing standing() {
        String here = StartTime.scope();
        if (scope.equals(here)) {
            return StartTime.of(pid).filter(start::equals).isPresent() ? Standing.RUNNING : Standing.ENDED;
        }
        // a process does not survive the boot of its machine
        return boot(scope).equals(boot(here)) ? Standing.UNKNOWN : Standing.ENDED;
    }

    private static String boot(String scope) {
        return scope.substring(0, Math.max(0, scope.indexOf(':')));
    }
}
