package io.quern.pool;

import java.time.Instant;
import java.util.Locale;
import java.util.Set;

/**
 * Where a worker is in its life. Each state has only its legal exits as methods; {@link #exits} says the same of them to who cannot ask
 * the types.
 */
sealed interface WorkerState {

    /** Its name as views and logs show it. */
    default String label() {
        return getClass().getSimpleName().toLowerCase(Locale.ROOT);
    }

    /** What more there is to say, or null. */
    default String detail() {
        return null;
    }

    /** The kinds of state that may follow. */
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

    /** Whether this is that state still, one step further. */
    default boolean goesOnFrom(WorkerState before) {
        return false;
    }

    /** The process is being made or loads its model; {@code fraction} is 0 to 1 within the phase. */
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

    /** It takes requests. */
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

    /** Development mode: it waits for the application that follows, and is this one's no more. */
    record Parked() implements WorkerState {}

    /** It was asked to end. */
    record Draining() implements WorkerState {
        Stopped stopped() {
            return new Stopped();
        }
    }

    record Stopped() implements WorkerState {}

    /** It is lost; the process may still be on its way out. */
    record Failed(String cause) implements WorkerState {
        /** It has turned out why. */
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

    /** It is started again at {@code until}; null: when the memory of its GPU is back. */
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

    /** It failed too often and stays down. */
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
