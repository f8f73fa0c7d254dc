package io.quern.pool;

import io.quern.device.Cgroup;
import io.quern.settings.ByteFormat;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Tells of a process that ended by SIGKILL whether the kernel killed it for want of memory, by the kernel's own count of such kills. Each is
 * told of one process; one that no process is found for, such as a neighbour's in the same group, is forgotten after a while. Used by the
 * supervisor's thread, but for {@link #told}.
 */
final class OomKills {
    /** A process with much memory takes its time to be gone. */
    private static final Duration FRESH = Duration.ofSeconds(10);

    /** Where the kernel counts no kills: so much of the limit was in use once. */
    private static final double FULL = 0.99;

    private final Cgroup cgroup;
    private long counted;
    private long open;
    private long risen;
    private volatile long told;

    OomKills(Cgroup cgroup) {
        this.cgroup = cgroup;
        counted = cgroup.oomKills().orElse(0);
    }

    /** Now and then, so that it is known when the count has risen. */
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

    /** Of a process that has ended by a SIGKILL which was not this engine's: what killed it, if it was that. */
    Optional<String> claim(long nanos) {
        look(nanos);
        OptionalLong limit = cgroup.memoryLimit();
        String what = "killed by the kernel's out-of-memory killer ("
                + (limit.isPresent()
                        ? "memory limit " + ByteFormat.of(limit.getAsLong()) + " (cgroup)"
                        : "no memory limit: the machine had none left");
        if (open > 0) {
            long before = counted - open;
            open--;
            told++;
            return Optional.of(what + ", oom_kill " + before + " -> " + (before + 1) + ")");
        }
        OptionalLong peak = cgroup.memoryPeak();
        boolean full = limit.isPresent() && peak.orElse(0) >= FULL * limit.getAsLong();
        if (cgroup.oomKills().isEmpty() && full) {
            told++;
            return Optional.of(
                    "probably " + what + ", of which " + ByteFormat.of(peak.getAsLong()) + " have been in use)");
        }
        return Optional.empty();
    }

    /** Processes that it was told of; from any thread. */
    long told() {
        return told;
    }
}
