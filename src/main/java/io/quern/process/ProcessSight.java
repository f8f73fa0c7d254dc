package io.quern.process;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * Looks at one process through {@code /proc/PID/stat}, which stays open: a look is a single read, and it never shows a
 * later process with the same pid. Not thread-safe.
 */
public final class ProcessSight implements AutoCloseable {
    /** The kernel allows a name of 64 bytes, and some 50 numbers of up to 20 digits follow it. */
    private static final int MOST_BYTES = 1100;

    /** Fields after the command's name, of which the state is the first: the times that the threads have computed. */
    private static final int UTIME = 11;

    private static final int STIME = 12;
    private static final int FIELDS = 13;

    private static final char STOPPED = 'T';

    private static final Optional<Look> RUNS = Optional.of(new Look(false, 0));

    private final FileChannel file;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(MOST_BYTES);

    private ProcessSight(FileChannel file) {
        this.file = file;
    }

    /**
     * What a look has shown.
     *
     * @param stopped whether the kernel has stopped the process, by SIGSTOP or for job control. A process that a
     *     debugger holds (state t) or that a control group has frozen is not stopped
     * @param ticks how long all its threads have computed, in clock ticks; 0 if it is not stopped
     */
    public record Look(boolean stopped, long ticks) {}

    /** Returns empty if there is no such process, or no {@code /proc} that shows it. */
    public static Optional<ProcessSight> of(long pid) {
        return of(Path.of("/proc", Long.toString(pid), "stat"));
    }

    static Optional<ProcessSight> of(Path stat) {
        try {
            return Optional.of(new ProcessSight(FileChannel.open(stat, StandardOpenOption.READ)));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Returns empty if the process has ended. */
    public Optional<Look> look() {
        try {
            buffer.clear();
            int length = file.read(buffer, 0);
            return length <= 0 ? Optional.empty() : parse(length);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private Optional<Look> parse(int length) {
        byte[] line = new byte[length];
        buffer.get(0, line);
        String stat = new String(line, StandardCharsets.ISO_8859_1);
        // the name is in parentheses and may contain any character
        int end = stat.lastIndexOf(')');
        int begin = end + 2;
        if (end < 0 || begin >= length) {
            return Optional.empty();
        }
        if (stat.charAt(begin) != STOPPED) {
            // nearly all looks, of which there are many
            return RUNS;
        }
        String[] fields = stat.substring(begin).split(" ", FIELDS + 1);
        return fields.length < FIELDS
                ? Optional.empty()
                : Optional.of(new Look(true, Long.parseLong(fields[UTIME]) + Long.parseLong(fields[STIME])));
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (IOException e) {
            // it was only read
        }
    }
}
