package io.quern.pool;

import io.quarkus.runtime.LaunchMode;
import io.quern.wire.Fault;
import java.io.IOException;
import java.util.Optional;

/** Makes the workers of one pool misbehave in dev mode and in tests. In a packaged application it does nothing. */
public final class FaultInjector {

    /** The faults that a worker can have. */
    public enum Misbehaviour {
        /** The process gets SIGKILL. */
        KILL,
        /** The process gets SIGSTOP; not on Windows. */
        STOP,
        /** The worker makes no further step. */
        STALL,
        /** Each step takes longer. */
        SLOW,
        /** The frame of the next step is unreadable. */
        CORRUPT_FRAME,
        /**
         * The worker pauses after some more steps, with all its requests, until it is released. The engine does not
         * treat it as stuck.
         */
        HOLD,
        /** The worker continues after a hold, or is no longer slow. */
        RELEASE
    }

    private final WorkerPool pool;

    public FaultInjector(WorkerPool pool) {
        this.pool = pool;
    }

    /** Returns whether workers are started with support for faults, whatever the build profile was. */
    static boolean allowed() {
        return LaunchMode.current() != LaunchMode.NORMAL;
    }

    /**
     * Makes a worker misbehave until it ends or is released. May take some milliseconds to start a process.
     *
     * @param worker the worker's number in the pool
     * @param millis how much longer each step takes, for {@link Misbehaviour#SLOW}
     * @param steps how many steps with tokens the worker still makes, for {@link Misbehaviour#HOLD}
     * @return false if there is no such worker, it is not connected, or it has no process of its own to kill or stop
     * @throws IOException if the machine has no such signal
     */
    public boolean inject(int worker, Misbehaviour what, int millis, int steps) throws IOException {
        return allowed()
                && switch (what) {
                    case KILL ->
                        process(worker).map(ProcessHandle::destroyForcibly).orElse(false);
                    case STOP -> {
                        Optional<ProcessHandle> process = process(worker);
                        if (process.isPresent()) {
                            // the kill of the shell, because many containers have no such program
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
