package io.quern.pool;

import io.quern.device.Cgroup;
import io.quern.settings.ByteFormat;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Finds out whether the kernel killed a process because memory ran out, from the kernel's own count of such kills.
 * Each kill is assigned to one process that ended by SIGKILL. A kill without such a process, such as a neighbour's in
 * the same group, is forgotten after a while. Used on the supervisor's thread, except for {@link #claimed}.
 */
final class OomKills {
    /** A process with much memory takes a while to end. */
    private static final Duration FRESH = Duration.ofSeconds(10);

    /** Share of the limit that must once have been in use, if the kernel counts no kills. */
    private static final double FULL = 0.99;

    private final Cgroup cgroup;
    private long counted;
    private long open;
    private long risen;
    private volatile long claimed;

    OomKills(Cgroup cgroup) {
        this.cgroup = cgroup;
        counted = cgroup.oomKills().orElse(0);
    }

    /** Updates the count. Called regularly, so that the time of an increase is known. */
    void look(long nanos) {
        if (open > 0 && nanos - risen > FRESH.toNanos()) {
            open = 0;
        }
        long now = cgroup.oomKills().orElse(0);
        if (now > counted) {
            open += now - counted;
            counted = now;
            risen = nanos;
        }
    }

    /**
     * Returns how the kernel killed a process, or empty if it did not. Call it only for a process that ended by
     * SIGKILL which this engine did not send.
     */
    Optional<String> claim(long nanos) {
        look(nanos);
        OptionalLong limit = cgroup.memoryLimit();
        String what = "killed by the kernel's out-of-memory killer ("
                + (limit.isPresent()
                        ? "memory limit " + ByteFormat.of(limit.getAsLong()) + " (cgroup)"
                        : "no memory limit: the machine ran out of memory");
        if (open > 0) {
            long before = counted - open;
            open--;
            claimed++;
            return Optional.of(what + ", oom_kill " + before + " -> " + (before + 1) + ")");
        }
        OptionalLong peak = cgroup.memoryPeak();
        boolean full = limit.isPresent() && peak.orElse(0) >= FULL * limit.getAsLong();
        if (cgroup.oomKills().isEmpty() && full) {
            claimed++;
            return Optional.of(
                    "probably " + what + ", of which " + ByteFormat.of(peak.getAsLong()) + " were in use at the peak)");
        }
        return Optional.empty();
    }

    /** Returns how many kills were assigned to a process. Any thread may call this. */
    long claimed() {
        return claimed;
    }
}
