package io.quern.faults;

import io.quern.bench.Service;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Finds an engine's processes in /proc: they have its home in their arguments or environment. */
public final class Processes {
    /** Milliseconds in which all processes of an engine must end after it. */
    static final double GONE_MILLIS = 1000;

    private Processes() {}

    /** Waits until no process is left, but not longer than {@code millis}; returns those that are left. */
    static List<String> left(Path home, double millis) throws IOException {
        long begin = System.nanoTime();
        List<String> left = of(home);
        while (!left.isEmpty() && Times.millisSince(begin) < millis) {
            Service.pause(Duration.ofMillis(5));
            left = of(home);
        }
        return left;
    }

    /** Returns one line for each running process. Zombies do not count. */
    public static List<String> of(Path home) throws IOException {
        List<String> found = new ArrayList<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : all) {
                String line = read(process.resolve("cmdline"));
                boolean ours = line.contains(home.toString())
                        || read(process.resolve("environ")).contains(home.toString());
                if (ours && running(process)) {
                    found.add(process.getFileName() + " " + shortened(line));
                }
            }
        }
        return found;
    }

    /** Cuts the JVM options and the class path: the program, the main class and its arguments stay. */
    private static String shortened(String line) {
        int options = line.indexOf(" -");
        int main = line.indexOf(" io.quern.");
        String shown =
                options < 0 || main < options ? line : line.substring(0, options) + " ..." + line.substring(main);
        return shown.substring(0, Math.min(200, shown.length()));
    }

    private static boolean running(Path process) {
        String stat = read(process.resolve("stat"));
        // The state follows the command's name, which stands in parentheses and may contain any character.
        return !stat.isEmpty() && "ZX".indexOf(stat.charAt(stat.lastIndexOf(')') + 2)) < 0;
    }

    /** Returns the content, or an empty string if the process has ended or belongs to another user. */
    private static String read(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).replace('\0', ' ');
        } catch (IOException e) {
            return "";
        }
    }
}
