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
        CORRUPT_FRAME,
        /** After some more steps it stands, and what runs on it stands with it, until it is released. It is not taken for stuck. */
        HOLD,
        /** It goes on after a hold, or is no longer slow. */
        RELEASE
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
     * Has a worker misbehave from now on, until its end or its release. May take some milliseconds for a process to be made.
     *
     * @param worker its number in the pool
     * @param millis how much longer each step takes, if it is to be slow
     * @param steps how many steps with tokens it still makes, if it is to be held
     * @return false where there is no such worker, it has no process of its own to be killed or stopped, or it is not connected
     * @throws IOException where the machine knows no such signal
     */
    public boolean inject(int worker, Misbehaviour what, int millis, int steps) throws IOException {
        return allowed()
                && switch (what) {
                    case KILL ->
                        process(worker).map(ProcessHandle::destroyForcibly).orElse(false);
                    case STOP -> {
                        Optional<ProcessHandle> process = process(worker);
                        if (process.isPresent()) {
                            // the shell's own, since many containers have no program of that name
                            new ProcessBuilder(
                                            "sh",
                                            "-c",
                                            "kill -STOP " + process.get().pid())
                                    .start();
                        }
                        yield process.isPresent();
                    }
                    case STALL -> pool.inject(worker, fault(Fault.Kind.STALL));
                    case SLOW ->
                        pool.inject(
                                worker,
                                Fault.newBuilder()
                                        .setKind(Fault.Kind.SLOW)
                                        .setMillis(millis)
                                        .build());
                    case CORRUPT_FRAME -> pool.inject(worker, fault(Fault.Kind.CORRUPT_FRAME));
                    case HOLD ->
                        pool.inject(
                                worker,
                                Fault.newBuilder()
                                        .setKind(Fault.Kind.HOLD)
                                        .setSteps(steps)
                                        .build());
                    case RELEASE -> pool.inject(worker, fault(Fault.Kind.KIND_UNSPECIFIED));
                };
    }

    private Optional<ProcessHandle> process(int worker) {
        return pool.view().workers().stream()
                .filter(view -> view.id() == worker && view.pid() != null)
                .findFirst()
                .flatMap(view -> ProcessHandle.of(view.pid()));
    }

    private static Fault fault(Fault.Kind kind) {
        return Fault.newBuilder().setKind(kind).build();
    }
}
