package io.quern.pool;

import io.quarkus.arc.profile.IfBuildProfile;
import io.quarkus.runtime.LaunchMode;
import io.quern.wire.Fault;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.util.Optional;

/** Has workers misbehave, in dev mode and in tests: to see what becomes of it. No bean of a packaged application. */
@IfBuildProfile(anyOf = {"dev", "test"})
@Singleton
public class FaultInjector {

    /** What a worker can be made to do. */
    public enum Misbehaviour {
        /** Its process gets SIGKILL. */
        KILL,
        /** Its process gets SIGSTOP; not on Windows. */
        STOP,
        /** It makes no step any more. */
        STALL,
        /** Each of its steps takes longer. */
        SLOW,
        /** The frame of its next step cannot be read. */
        CORRUPT_FRAME
    }

    private final WorkerPool pool;

    FaultInjector(WorkerPool pool) {
        this.pool = pool;
    }

    /** Whether workers are started so that they let themselves be made to misbehave; whatever profile the build had. */
    static boolean allowed() {
        return LaunchMode.current() != LaunchMode.NORMAL;
    }

    /**
     * Has a worker misbehave from now on; what stops it is its end. May take some milliseconds for a process to be made.
     *
     * @param worker its number in the pool
     * @param millis how much longer each step takes, where it is to be slow
     * @return false where there is no such worker, it has no process of its own to be killed or stopped, or it is not connected
     * @throws IOException where the machine knows no such signal
     */
    public boolean inject(int worker, Misbehaviour what, int millis) throws IOException {
        return allowed()
                && switch (what) {
                    case KILL ->
                        process(worker).map(ProcessHandle::destroyForcibly).orElse(false);
                    case STOP -> {
                        Optional<ProcessHandle> process = process(worker);
                        if (process.isPresent()) {
                            new ProcessBuilder(
                                            "kill",
                                            "-STOP",
                                            Long.toString(process.get().pid()))
                                    .start();
                        }
                        yield process.isPresent();
                    }
                    case STALL -> pool.inject(worker, fault(Fault.Kind.STALL, 0));
                    case SLOW -> pool.inject(worker, fault(Fault.Kind.SLOW, millis));
                    case CORRUPT_FRAME -> pool.inject(worker, fault(Fault.Kind.CORRUPT_FRAME, 0));
                };
    }

    private Optional<ProcessHandle> process(int worker) {
        return pool.view().workers().stream()
                .filter(view -> view.id() == worker && view.pid() != null)
                .findFirst()
                .flatMap(view -> ProcessHandle.of(view.pid()));
    }

    private static Fault fault(Fault.Kind kind, int millis) {
        return Fault.newBuilder().setKind(kind).setMillis(millis).build();
    }
}
