package io.quern.pool;

import java.time.Instant;
import java.util.Locale;
import java.util.Set;

/**
 * The state of a worker. Each state has a method for each state that may follow it. {@link #exits} gives the same
 * information at run time.
 */
sealed interface WorkerState {

    /** Returns the name of the state for views and logs. */
    default String label() {
        return getClass().getSimpleName().toLowerCase(Locale.ROOT);
    }

    /** Returns details of the state, or null. */
    default String detail() {
        return null;
    }

    /** Returns the kinds of state that may follow. */
    default Set<Class<? extends WorkerState>> exits() {
        return switch (this) {
            case Starting s -> Set.of(Starting.class, Ready.class, Failed.class, Draining.class);
            case Ready s -> Set.of(Failed.class, Draining.class, Parked.class);
            case Failed s -> Set.of(Failed.class, BackingOff.class, GivenUp.class, Draining.class);
            case BackingOff s -> Set.of(BackingOff.class, Starting.class, Stopped.class);
            case Draining s -> Set.of(Stopped.class);
            case GivenUp s -> Set.of(Stopped.class);
            case Parked s -> Set.of();
            case Stopped s -> Set.of();
        };
    }

    /** Returns whether this is the same state with more progress. */
    default boolean goesOnFrom(WorkerState before) {
        return false;
    }

    /**
     * The process is being started or loads its model.
     *
     * @param fraction the progress within the phase, from 0 to 1
     */
    record Starting(String phase, double fraction) implements WorkerState {
        static Starting launched() {
            return new Starting("launch", 0);
        }

        Starting progress(String phase, double fraction) {
            return new Starting(phase, fraction);
        }

        @Override
        public boolean goesOnFrom(WorkerState before) {
            return before instanceof Starting;
        }

        Ready ready() {
            return new Ready();
        }

        Failed failed(String cause) {
            return new Failed(cause);
        }

        Draining drain() {
            return new Draining();
        }

        @Override
        public String detail() {
            return "%s %d%%".formatted(phase, Math.round(fraction * 100));
        }
    }

    /** The worker accepts requests. */
    record Ready() implements WorkerState {
        Failed failed(String cause) {
            return new Failed(cause);
        }

        Draining drain() {
            return new Draining();
        }

        Parked park() {
            return new Parked();
        }
    }

    /** Development mode: the worker waits for the next application and no longer serves this one. */
    record Parked() implements WorkerState {}

    /** The worker was asked to end. */
    record Draining() implements WorkerState {
        Stopped stopped() {
            return new Stopped();
        }
    }

    record Stopped() implements WorkerState {}

    /** The worker is lost; its process may not have ended yet. */
    record Failed(String cause) implements WorkerState {
        /** Replaces the cause by a better one that was found later. */
        Failed because(String better) {
            return new Failed(better);
        }

        BackingOff backOff(Instant until) {
            return new BackingOff(cause, until);
        }

        GivenUp giveUp() {
            return new GivenUp(cause);
        }

        Draining drain() {
            return new Draining();
        }

        @Override
        public String detail() {
            return cause;
        }
    }

    /** The worker restarts at {@code until}, or, if that is null, when the memory of its GPU is free. */
    record BackingOff(String cause, Instant until) implements WorkerState {
        BackingOff settling() {
            return new BackingOff(cause, null);
        }

        Starting start() {
            return Starting.launched();
        }

        Stopped stopped() {
            return new Stopped();
        }

        @Override
        public String label() {
            return "backing-off";
        }

        @Override
        public String detail() {
            return cause + (until == null ? "; waiting for the GPU's memory" : "; next start at " + until);
        }
    }

    /** The worker failed too often and does not restart. */
    record GivenUp(String cause) implements WorkerState {
        Stopped stopped() {
            return new Stopped();
        }

        @Override
        public String label() {
            return "given-up";
        }

        @Override
        public String detail() {
            return cause;
        }
    }
}
