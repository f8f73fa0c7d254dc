package io.quern.admission;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Notifies waiting requests of their position in the queue. However often the queue changes, it notifies all of them
 * together and at most every {@link #PAUSE}.
 */
final class Positions {
    private static final Duration PAUSE = Duration.ofMillis(500);

    private final Timers timers;
    private final WaitingRoom room;
    private final AtomicBoolean due = new AtomicBoolean();

    Positions(Timers timers, WaitingRoom room) {
        this.timers = timers;
        this.room = room;
    }

    /** Notifies one request of its first position, at once. */
    void tell(ActiveGeneration generation) {
        if (generation.listens()) {
            int place = room.inTurn().indexOf(generation);
            if (place >= 0) {
                generation.position(place + 1);
            }
        }
    }

    /** A request has entered or left the queue. */
    void changed() {
        if (room.listenedTo() && due.compareAndSet(false, true)) {
            timers.after(PAUSE, () -> {
                due.set(false);
                tellAll();
            });
        }
    }

    private void tellAll() {
        List<ActiveGeneration> waiting = room.inTurn();
        for (int i = 0; i < waiting.size(); i++) {
            waiting.get(i).position(i + 1);
        }
    }
}
