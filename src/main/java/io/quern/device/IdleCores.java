package io.quern.device;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.OptionalDouble;
import java.util.StringTokenizer;

/**
 * Measures how many cores of the machine were idle lately, from the kernel's counters in /proc/stat. In a container
 * these are the counters of the whole machine. Every call reads a small file: do not call it on an event loop. Not
 * thread-safe.
 */
public final class IdleCores {
    /** Counters grow by one in a hundredth of a second ({@code USER_HZ}), so shorter times tell little. */
    private static final long LEAST_NANOS = 200_000_000L;

    private static final double TICKS_PER_NANO = 100 / 1e9;

    /** Numbers of fields, of which the first is 0; iowait follows idle. */
    private static final int IDLE = 4;

    private static final int IO_WAIT = IDLE + 1;

    /** Enough for the first fields of the first line: ten numbers of up to 20 digits. */
    private static final int FIRST_LINE_BYTES = 256;

    private final Path stat;
    private long lastNanos;
    private long lastTicks = -1;
    private OptionalDouble idle = OptionalDouble.empty();

    /** @param root the folder that contains /proc; tests pass another one */
    public IdleCores(Path root) {
        stat = root.resolve("proc/stat");
    }

    /**
     * Looks at the counters.
     *
     * @param nanos the present time of a clock that never goes back
     * @return the average number of idle cores since the last look that was long enough ago; empty if it is unknown
     */
    public OptionalDouble look(long nanos) {
        if (lastTicks >= 0 && nanos - lastNanos < LEAST_NANOS) {
            return idle;
        }
        long ticks = ticks();
        idle = ticks < 0 || lastTicks < 0
                ? OptionalDouble.empty()
                : OptionalDouble.of(Math.max(0, (ticks - lastTicks) / ((nanos - lastNanos) * TICKS_PER_NANO)));
        lastTicks = ticks;
        lastNanos = nanos;
        return idle;
    }

    /** Returns the idle time of all cores since boot, or -1 if it is unknown. */
    private long ticks() {
        try (FileChannel file = FileChannel.open(stat, StandardOpenOption.READ)) {
            ByteBuffer beginning = ByteBuffer.allocate(FIRST_LINE_BYTES);
            int length = Math.max(0, file.read(beginning));
            var fields = new StringTokenizer(new String(beginning.array(), 0, length, StandardCharsets.ISO_8859_1));
            if (fields.countTokens() <= IO_WAIT + 1 || !fields.nextToken().equals("cpu")) {
                return -1;
            }
            for (int i = 1; i < IDLE; i++) {
                fields.nextToken();
            }
            return Long.parseLong(fields.nextToken()) + Long.parseLong(fields.nextToken());
        } catch (IOException | NumberFormatException e) {
            return -1;
        }
    }
}
