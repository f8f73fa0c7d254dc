package io.quern.admission;

import java.util.ArrayList;
import java.util.List;

/**
 * Decides whether a question is to blame for the losses of the workers that were asked. If a worker also ran requests,
 * one of those may be to blame. Such a request is soon alone on a worker, which then gets no questions. Thread-safe.
 */
final class QuestionLosses {
    private final int most;
    private final int mostShared;
    private final List<Loss> losses = new ArrayList<>();

    /** The loss of one worker while it had the question. Each loss equals only itself. */
    static final class Loss {
        private final int worker;
        private final boolean alone;

        private Loss(int worker, boolean alone) {
            this.worker = worker;
            this.alone = alone;
        }
    }

    /**
     * @param most losses of workers without requests after which the question is to blame
     * @param migrations how many workers a request may end before it must be alone
     */
    QuestionLosses(int most, int migrations) {
        this.most = most;
        mostShared = Math.max(most, migrations + 1);
    }

    /** @param alone whether the worker ran no requests */
    synchronized Loss add(int worker, boolean alone) {
        Loss loss = new Loss(worker, alone);
        losses.add(loss);
        return loss;
    }

    /** Stops counting this loss, because the question did not cause it. */
    synchronized void acquit(Loss loss) {
        losses.remove(loss);
    }

    /** Returns whether the question may not be asked again. */
    synchronized boolean exhausted() {
        return losses.stream().filter(loss -> loss.alone).count() >= most || losses.size() >= mostShared;
    }

    /** Returns the workers that were lost in a row, one entry for each loss. */
    synchronized List<Integer> workers() {
        return losses.stream().map(loss -> loss.worker).toList();
    }
}
