package io.quern.worker;

import io.quern.wire.EngineFrame;
import java.util.ArrayList;
import java.util.List;

/** Collects work from other threads for the step loop. */
final class Inbox {
    private List<Sequence> sequences = new ArrayList<>();
    private List<EngineFrame> answers = new ArrayList<>();
    private boolean stopped;
    private boolean asked;
    private int threads;

    synchronized void post(Sequence sequence) {
        sequences.add(sequence);
        notifyAll();
    }

    /** Adds a frame about states of prefixes. */
    synchronized void answer(EngineFrame frame) {
        answers.add(frame);
        notifyAll();
    }

    /** Takes all frames about states of prefixes. */
    synchronized List<EngineFrame> takeAnswers() {
        if (answers.isEmpty()) {
            return List.of();
        }
        List<EngineFrame> taken = answers;
        answers = new ArrayList<>();
        return taken;
    }

    /** Records how many threads may compute. */
    synchronized void allow(int number) {
        threads = number;
    }

    /** Returns how many threads may compute, or 0 if the engine has not said. */
    synchronized int allowed() {
        return threads;
    }

    /** Records a ping of the engine. */
    synchronized void ask() {
        asked = true;
        notifyAll();
    }

    /** Returns whether the engine has pinged since the last call. */
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

    /** Takes everything that was posted. */
    synchronized List<Sequence> take() {
        // a new list, since later posts would otherwise be taken twice
        if (sequences.isEmpty()) {
            return List.of();
        }
        List<Sequence> taken = sequences;
        sequences = new ArrayList<>();
        return taken;
    }

    /** The same, but waits for a post, an answer, a ping, a stop, or the end of the time. */
    synchronized List<Sequence> await(long millis) throws InterruptedException {
        long until = System.nanoTime() + millis * 1_000_000;
        for (long left = millis; sequences.isEmpty() && answers.isEmpty() && !stopped && !asked && left > 0; ) {
            wait(left);
            left = (until - System.nanoTime()) / 1_000_000;
        }
        return take();
    }
}
