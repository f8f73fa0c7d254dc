package io.quern.fork;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Connects an engine to its entry point ({@code quern-launcher -- java -jar ...}), which is its parent, by two
 * inherited pipes.
 *
 * @param pid the launcher's pid
 * @param in descriptor of the pipe to which it writes
 * @param out descriptor of the pipe from which it reads
 */
public record EntryPointLink(long pid, int in, int out) {
    /** Set by the launcher: its pid and the two descriptors. */
    static final String VARIABLE = "QUERN_LAUNCHER";

    private static final Pattern LINK = Pattern.compile("(\\d{1,10}):(\\d{1,6}):(\\d{1,6})");

    /**
     * @return empty if the variable is unset, or its setter is not the parent because a shell or script runs between
     *     them
     */
    static Optional<EntryPointLink> find(Map<String, String> environment, Optional<Long> parent) {
        String link = environment.get(VARIABLE);
        if (link == null || parent.isEmpty()) {
            return Optional.empty();
        }
        Matcher matcher = LINK.matcher(link);
        if (!matcher.matches() || Long.parseLong(matcher.group(1)) != parent.get()) {
            return Optional.empty();
        }
        return Optional.of(new EntryPointLink(
                parent.get(), Integer.parseInt(matcher.group(2)), Integer.parseInt(matcher.group(3))));
    }

    /** Reads the environment of this process. */
    public static Optional<EntryPointLink> find() {
        return find(System.getenv(), ProcessHandle.current().parent().map(ProcessHandle::pid));
    }

    ReadableByteChannel openToRead() throws IOException {
        return FileChannel.open(descriptor(in), StandardOpenOption.READ);
    }

    WritableByteChannel openToWrite() throws IOException {
        return FileChannel.open(descriptor(out), StandardOpenOption.WRITE);
    }

    /** Java cannot use a descriptor by its number, but Linux can open a pipe again by this path. */
    private static Path descriptor(int number) {
        return Path.of("/proc/self/fd", Integer.toString(number));
    }
}
