package io.quern.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What a command is an argument of to run with less than the suite has. Needs root. */
final class Restricted {
    /** Has no other processes, which would count against its limit. */
    private static final String USER = "64242";

    private static final String NOEXEC = "mount -t tmpfs -o noexec quern \"$1\" && shift && exec \"$@\"";

    private Restricted() {}

    /** A user of its own that may have so many threads and processes. */
    static List<String> threads(int most) {
        return List.of("setpriv", "--reuid", USER, "--regid", USER, "--clear-groups", "prlimit", "--nproc=" + most);
    }

    /** A file system on the folder from which nothing may be executed. */
    static List<String> noexec(Path folder) {
        return List.of("unshare", "--mount", "sh", "-c", NOEXEC, "sh", folder.toString());
    }

    /** A new folder that everybody may write, as /tmp is. */
    static Path open(String name) throws IOException {
        Path folder = Files.createTempDirectory(name);
        Files.setAttribute(folder, "unix:mode", 01777);
        return folder;
    }

    /** Whether that can be had here for a program that reads this file. */
    static boolean works(List<String> under, Path file) throws InterruptedException {
        List<String> command = new ArrayList<>(under);
        command.addAll(List.of("test", "-r", file.toAbsolutePath().toString()));
        try {
            return new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        }
    }

    static void delete(Path folder) throws IOException {
        try (var all = Files.walk(folder)) {
            for (Path one : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(one);
            }
        }
    }
}
