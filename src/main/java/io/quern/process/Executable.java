package io.quern.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds out which program a process executes, and as which user. */
final class Executable {
    private static final Path PROC = Path.of("/proc");
    private static final Pattern UIDS = Pattern.compile("(?m)^Uid:\\s+(\\d+)\\s");

    /** Linux appends this to the path of a program that was replaced or deleted. */
    private static final String DELETED = " (deleted)";

    private Executable() {}

    /**
     * Returns whether the process runs one of the programs (links resolved) as this process's user. False if unknown.
     */
    static boolean runs(ProcessHandle process, List<String> programs) {
        try {
            return of(process).filter(programs::contains).isPresent()
                    && user(process).isPresent()
                    && user(process).equals(user(ProcessHandle.current()));
        } catch (IOException e) {
            return false;
        }
    }

    /** Returns its program with links resolved, or empty if unknown. */
    static Optional<String> of(ProcessHandle process) {
        if (!StartTime.hasProc()) {
            return process.info().command();
        }
        try {
            String program =
                    Files.readSymbolicLink(folder(process).resolve("exe")).toString();
            return Optional.of(
                    program.endsWith(DELETED) ? program.substring(0, program.length() - DELETED.length()) : program);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static Optional<String> user(ProcessHandle process) throws IOException {
        if (!StartTime.hasProc()) {
            return process.info().user();
        }
        Matcher line = UIDS.matcher(Files.readString(folder(process).resolve("status")));
        return line.find() ? Optional.of(line.group(1)) : Optional.empty();
    }

    private static Path folder(ProcessHandle process) {
        return PROC.resolve(Long.toString(process.pid()));
    }
}
