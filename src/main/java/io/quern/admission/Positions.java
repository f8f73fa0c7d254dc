package io.quern.admission;

import io.vertx.core.Vertx;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** Tells those who wait and want to know it their place. However often the queue changes, all are told together, seldom. */
final class Positions {
    private static final long PAUSE_MILLIS = 500;

    private final Vertx vertx;
    private final WaitingRoom room;
    private final AtomicBoolean due = new AtomicBoolean();

    Positions(Vertx vertx, WaitingRoom room) {
        this.vertx = vertx;
        this.room = room;
    }

    /** Tells one its first place, at once. */
    void tell(ActiveGeneration generation) {
        if (generation.listens()) {
            int place = room.inTurn().indexOf(generation);
            if (place >= 0) {
                generation.position(place + 1);
            }
        }
    }

    /** Somebody has come or gone. */
    void changed() {
        if (room.listenedTo() && due.compareAndSet(false, true)) {
            vertx.setTimer(PAUSE_MILLIS, timer -> {
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
