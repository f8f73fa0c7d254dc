package io.quern.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Tells which of this process' standard streams are terminals. {@code System.console()} does not: it looks at input and
 * output together, and not at the error stream.
 */
enum Streams {
    IN(0),
    OUT(1),
    ERR(2);

    private static final Pattern TERMINAL = Pattern.compile("/dev/(pts/\\d+|tty\\w*|console)");

    private final int descriptor;

    Streams(int descriptor) {
        this.descriptor = descriptor;
    }

    boolean isTerminal() {
        try {
            Path link = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor));
            return TERMINAL.matcher(link.toString()).matches();
        } catch (IOException | UnsupportedOperationException e) {
            return false; // closed, or not Linux
        }
    }

    /** Returns whether to print colours there: on a terminal that has them, if the user has not switched them off. */
    boolean isColoured() {
        return isTerminal() && wantsColour(System.getenv());
    }

    /** A pure function; see https://no-color.org. */
    static boolean wantsColour(Map<String, String> environment) {
        return environment.getOrDefault("NO_COLOR", "").isEmpty()
                && !environment.getOrDefault("TERM", "dumb").equals("dumb");
    }
}
