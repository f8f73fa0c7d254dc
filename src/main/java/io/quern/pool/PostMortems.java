package io.quern.pool;

import io.quern.launch.WorkerSpec;
import io.quern.log.KeyedLog;
import io.quern.process.ChildProcess;
import io.quern.process.ExitStatus;
import java.util.Optional;

/** Examines the ended processes of one worker, and keeps what the last one told for who looks on. */
final class PostMortems {
    /** The worker's: whoever filters its lines finds all of them. */
    private static final KeyedLog LOG = KeyedLog.of(Worker.class);

    private final WorkerSpec spec;
    private final Supervision supervision;
    private volatile Optional<PostMortem> last = Optional.empty();

    PostMortems(WorkerSpec spec, Supervision supervision) {
        this.spec = spec;
        this.supervision = supervision;
    }

    /** Of the process that ended last; empty while none has ended. From any thread. */
    Optional<PostMortem> last() {
        return last;
    }

    /**
     * On the supervisor's thread.
     *
     * @param killed whether it was killed, and not by this engine
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
                        "its process ended by %s%s",
                        found.lastExit(), peak == 0 ? "" : "; it used at most " + (peak >> 20) + " MiB of memory");
        return found;
    }
}
