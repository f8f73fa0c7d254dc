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

/** What /proc tells of processes that belong to an engine: they name its home in their arguments or their environment. */
public final class Processes {
    /** What an engine's processes may take to follow it, in milliseconds. */
    static final double GONE_MILLIS = 1000;

    private Processes() {}

    /** Waits so long until there is none; returns those that are still there. */
    static List<String> left(Path home, double millis) throws IOException {
        long begin = System.nanoTime();
        List<String> left = of(home);
        while (!left.isEmpty() && Times.millisSince(begin) < millis) {
            Service.pause(Duration.ofMillis(5));
            left = of(home);
        }
        return left;
    }

    /** One line each, of those that run: an orphan that is dead and waits for its new parent to notice does nothing any more. */
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

    /** Without the options and the class path of a JVM: its program, and its main with the arguments. */
    private static String shortened(String line) {
        int options = line.indexOf(" -");
        int main = line.indexOf(" io.quern.");
        String told = options < 0 || main < options ? line : line.substring(0, options) + " ..." + line.substring(main);
        return told.substring(0, Math.min(200, told.length()));
    }

    private static boolean running(Path process) {
        String stat = read(process.resolve("stat"));
        // the state follows the command's name, which stands in parentheses and may hold any character
        return !stat.isEmpty() && "ZX".indexOf(stat.charAt(stat.lastIndexOf(')') + 2)) < 0;
    }

    /** Empty where it has ended meanwhile, or is another user's. */
    private static String read(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).replace('\0', ' ');
        } catch (IOException e) {
            return "";
        }
    }
}
