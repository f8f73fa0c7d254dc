package io.quern.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Commands that run another command with fewer rights than the suite has. They need root. */
final class Restricted {
    /** A user without other processes, which would count against the limit. */
    private static final String USER = "64242";

    private static final String NOEXEC = "mount -t tmpfs -o noexec quern \"$1\" && shift && exec \"$@\"";

    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private Restricted() {}

    /** Runs the command as a user who may have at most this many threads and processes. */
    static List<String> threads(int most) {
        return List.of("setpriv", "--reuid", USER, "--regid", USER, "--clear-groups", "prlimit", "--nproc=" + most);
    }

    /** Mounts a file system on the folder from which nothing can be executed. */
    static List<String> noexec(Path folder) {
        return List.of("unshare", "--mount", "sh", "-c", NOEXEC, "sh", folder.toString());
    }

    /** Makes a folder that everybody may write, like /tmp. */
    static Path sharedFolder(String name) throws IOException {
        Path folder = Files.createTempDirectory(name);
        Files.setAttribute(folder, "unix:mode", 01777);
        return folder;
    }

    /** Returns whether the restriction works here for a program that reads this file. */
    static boolean works(List<String> wrapper, Path file) throws InterruptedException {
        List<String> command = new ArrayList<>(wrapper);
        command.addAll(List.of("test", "-r", file.toAbsolutePath().toString()));
        try {
            Process test = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return test.waitFor(TIMEOUT) && test.exitValue() == 0;
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
