package io.quern.worker;

import java.util.ArrayList;
import java.util.List;

/** What other threads want of the step loop. */
final class Inbox {
    private List<Sequence> sequences = new ArrayList<>();
    private boolean stopped;

    synchronized void post(Sequence sequence) {
        sequences.add(sequence);
        notifyAll();
    }

    synchronized void stop() {
        stopped = true;
        notifyAll();
    }

    synchronized boolean stopped() {
        return stopped;
    }

    /**
     * Takes all that has been posted.
     *
     * @param wait whether to wait until there is something, or the loop is stopped
     */
    synchronized List<Sequence> take(boolean wait) throws InterruptedException {
        while (wait && sequences.isEmpty() && !stopped) {
            wait();
        }
        List<Sequence> taken = sequences;
        if (!taken.isEmpty()) {
            sequences = new ArrayList<>();
        }
        return taken;
    }
}
