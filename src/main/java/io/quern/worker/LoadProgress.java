package io.quern.worker;

import io.quern.wire.Progress;
import io.quern.wire.WorkerFrame;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/** Reports loading progress to the engine at useful intervals; llama.cpp reports it per tensor. */
final class LoadProgress {
    private static final double WORTH_REPORTING = 0.05;

    /** Receives the frames. */
    interface Sink {
        void send(WorkerFrame.Builder frame) throws IOException;
    }

    private final Sink sink;
    private final BooleanSupplier stopped;
    private double reported = -1;

    LoadProgress(Sink sink, BooleanSupplier stopped) {
        this.sink = sink;
        this.stopped = stopped;
    }

    /** @throws CancellationException if the model is not needed any more; this ends loading */
    void loaded(double fraction) {
        if (stopped.getAsBoolean()) {
            throw new CancellationException();
        }
        if (reported < 0 || fraction - reported >= WORTH_REPORTING || fraction >= 1 && reported < 1) {
            reported = fraction;
            try {
                send("load", fraction);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Reports the start of a phase whose progress is not known. */
    void phase(String name) throws IOException {
        send(name, 0);
    }

    private void send(String phase, double fraction) throws IOException {
        sink.send(WorkerFrame.newBuilder()
                .setProgress(Progress.newBuilder().setPhase(phase).setFraction((float) fraction)));
    }
}
