package io.quern.device;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reports what limits the number of threads and processes that this process can create. */
public final class ThreadLimit {
    private static final Pattern ROOT = Pattern.compile("(?m)^Uid:\\s+\\d+\\s+0\\s");
    private static final Pattern NPROC = Pattern.compile("(?m)^Max processes +(\\d+) ");
    private static final List<String> SIGNS = List.of(
            "unable to create native thread", "error=11,", "error: 11 ", "Resource temporarily unavailable", "EAGAIN");

    private ThreadLimit() {}

    /** Returns whether a text (an error message or a JVM's output) says that no thread or process could be created. */
    public static boolean reached(@Nullable String text) {
        return text != null && SIGNS.stream().anyMatch(text::contains);
    }

    /**
     * Returns how many more threads and processes the control group of this process allows, or empty if it has no
     * limit. Reads a few small files.
     */
    public static OptionalLong left() {
        return left(Path.of("/"));
    }

    /** @param root the folder that contains /proc and /sys */
    static OptionalLong left(Path root) {
        return tightest(root)
                .map(folder -> OptionalLong.of(most(folder) - current(folder)))
                .orElse(OptionalLong.empty());
    }

    /** Describes the limits of this process, see {@link #describe(Path)}. */
    public static String describe() {
        return describe(Path.of("/"));
    }

    /**
     * Names the limits and says which to raise. Reads a few small files and creates no thread.
     *
     * @param root the folder that contains /proc and /sys
     */
    static String describe(Path root) {
        List<String> limits = new ArrayList<>();
        nproc(root)
                .ifPresent(most -> limits.add("this user may create " + most + " threads and processes (ulimit -u)"));
        pids(root).ifPresent(limits::add);
        if (limits.isEmpty()) {
            return "The machine has reached its limit of threads or processes (kernel.threads-max, kernel.pid_max), or"
                    + " has no memory left.";
        }
        String all = String.join(", and ", limits);
        return Character.toUpperCase(all.charAt(0)) + all.substring(1) + ". Raise the limit.";
    }

    /** Returns the limit of the user, which does not apply to root. */
    private static Optional<String> nproc(Path root) {
        if (ROOT.matcher(read(root.resolve("proc/self/status"))).find()) {
            return Optional.empty();
        }
        Matcher matcher = NPROC.matcher(read(root.resolve("proc/self/limits")));
        return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
    }

    private static Optional<String> pids(Path root) {
        return tightest(root)
                .map(folder -> "the control group of this process allows " + most(folder)
                        + " threads and processes, of which it uses " + current(folder) + " (" + folder + "/pids.max)");
    }

    /** Returns the folder of the control group, of this process or above it, with the fewest threads left. */
    private static Optional<Path> tightest(Path root) {
        return CgroupFolders.find(root, "pids").map(CgroupFolders::folders).orElse(List.of()).stream()
                .filter(folder -> most(folder) >= 0)
                .min(Comparator.comparingLong(folder -> most(folder) - current(folder)));
    }

    /** Returns the limit of a control group, or -1 if it has none. */
    private static long most(Path folder) {
        String most = read(folder.resolve("pids.max")).strip();
        return most.matches("\\d{1,10}") ? Long.parseLong(most) : -1;
    }

    private static long current(Path folder) {
        String now = read(folder.resolve("pids.current")).strip();
        return now.matches("\\d{1,10}") ? Long.parseLong(now) : 0;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return "";
        }
    }
}
