package io.quern.worker;

import java.util.ArrayList;
import java.util.List;

/** What other threads want of the step loop. */
final class Inbox {
    private List<Sequence> sequences = new ArrayList<>();
    private boolean stopped;
    private boolean asked;

    synchronized void post(Sequence sequence) {
        sequences.add(sequence);
        notifyAll();
    }

    /** The engine asks whether the loop still moves. */
    synchronized void ask() {
        asked = true;
        notifyAll();
    }

    /** Whether the engine has asked since the last call. */
    synchronized boolean takeAsked() {
        boolean was = asked;
        asked = false;
        return was;
    }

    synchronized void stop() {
        stopped = true;
        notifyAll();
    }

    synchronized boolean stopped() {
        return stopped;
    }

    /** Takes all that has been posted. */
    synchronized List<Sequence> take() {
        // never the list that is posted to: one that came between would be taken twice
        if (sequences.isEmpty()) {
            return List.of();
        }
        List<Sequence> taken = sequences;
        sequences = new ArrayList<>();
        return taken;
    }

    /** The same, but waits until there is something, the engine asks, the loop is stopped, or the time is over. */
    synchronized List<Sequence> await(long millis) throws InterruptedException {
        long until = System.nanoTime() + millis * 1_000_000;
        for (long left = millis; sequences.isEmpty() && !stopped && !asked && left > 0; ) {
            wait(left);
            left = (until - System.nanoTime()) / 1_000_000;
        }
        return take();
    }
}
