package io.quern.pool;

import io.quern.launch.WorkerSpec;
import io.quern.log.KeyedLog;
import io.quern.process.ChildProcess;
import io.quern.process.ExitStatus;
import java.util.Optional;

/** Examines the ended processes of one worker, and keeps the last result for views. */
final class PostMortems {
    /** The worker's logger, so that a filter for it finds these lines. */
    private static final KeyedLog LOG = KeyedLog.of(Worker.class);

    private final WorkerSpec spec;
    private final Supervision supervision;
    private volatile Optional<PostMortem> last = Optional.empty();

    PostMortems(WorkerSpec spec, Supervision supervision) {
        this.spec = spec;
        this.supervision = supervision;
    }

    /** Returns the result for the last ended process, or empty if none has ended. Any thread may call this. */
    Optional<PostMortem> last() {
        return last;
    }

    /**
     * Examines an ended process, on the supervisor's thread.
     *
     * @param killed whether something other than this engine killed it
     */
    PostMortem examine(ChildProcess child, ExitStatus exit, boolean killed) {
        PostMortem found = PostMortem.of(
                exit,
                killed ? supervision.oomKills().claim(supervision.clock().nanos()) : Optional.empty(),
                supervision.starter().crash(child.pid()),
                child.lastOutput(),
                spec.bounds());
        last = Optional.of(found);
        long peak = child.peakMemoryBytes();
        LOG.workerId(spec.id())
                .pid(child.pid())
                .infof(
                        "its process ended with %s%s",
                        found.lastExit(), peak == 0 ? "" : "; it used at most " + (peak >> 20) + " MiB of memory");
        return found;
    }
}
