package io.quern.worker;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.quern.wire.Fault;
import io.quern.wire.Step;
import io.quern.wire.WorkerFrame;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.function.BooleanSupplier;

/** Passes frames from the step loop to the engine, and injects faults on request. */
final class InjectedFaults implements Outgoing {
    private static final long LOOK_MILLIS = 10;

    /** Interval of a held worker's heartbeats; the same as while it prepares a step. */
    private static final long ALIVE_NANOS = 500_000_000;

    /** A tag that announces more bytes than follow. */
    private static final ByteString NO_MESSAGE = ByteString.copyFrom(new byte[] {0x0a, 0x7f});

    private final Outgoing engine;
    private final BooleanSupplier ended;
    private volatile Active active = new Active(Fault.getDefaultInstance());

    /** An injected fault; an equal one that was injected later is a different object. */
    private static final class Active {
        private final Fault fault;

        /** Steps with tokens that may still pass before a hold. Used only by the step loop. */
        private int left;

        /** The last step that was delayed or counted: a step may have several frames. */
        private long step = -1;

        Active(Fault fault) {
            this.fault = fault;
            this.left = fault.getSteps();
        }

        /** Returns whether this is the first frame of a step. */
        boolean isNew(Step part) {
            boolean next = part.getStep() != step;
            step = part.getStep();
            return next;
        }
    }

    /** @param ended whether the session has ended, which releases every hold */
    InjectedFaults(Outgoing engine, BooleanSupplier ended) {
        this.engine = engine;
        this.ended = ended;
    }

    /** Injects a fault from the next frame on. A frame that is held now counts as the next one. */
    void inject(Fault next) {
        active = new Active(next);
    }

    /** Ends a hold. Other faults stay. */
    void release() {
        if (active.fault.getKind() == Fault.Kind.HOLD) {
            inject(Fault.getDefaultInstance());
        }
    }

    /** Sends on the step loop's thread, which a stall, a delay or a hold blocks here. */
    @Override
    public void send(WorkerFrame frame) throws IOException {
        Active now = active;
        switch (now.fault.getKind()) {
            case STALL -> {
                while (!ended.getAsBoolean()) {
                    pause(LOOK_MILLIS);
                }
            }
            case SLOW -> {
                if (now.isNew(frame.getStep())) {
                    pause(now.fault.getMillis());
                }
                engine.send(frame);
            }
            case CORRUPT_FRAME -> engine.send(corrupt());
            case HOLD -> hold(frame, now);
            case KIND_UNSPECIFIED, UNRECOGNIZED -> engine.send(frame);
        }
    }

    private void hold(WorkerFrame frame, Active hold) throws IOException {
        boolean counts = frame.getStep().getDeltasCount() > 0 && hold.isNew(frame.getStep());
        if (!counts || hold.left > 0) {
            if (counts) {
                hold.left--;
            }
            engine.send(frame);
            return;
        }
        WorkerFrame alive = WorkerFrame.newBuilder()
                .setStep(Step.newBuilder()
                        .setStep(frame.getStep().getStep() - 1)
                        .setCachedTokens(frame.getStep().getCachedTokens()))
                .build();
        long said = System.nanoTime();
        while (active == hold && !ended.getAsBoolean()) {
            pause(LOOK_MILLIS);
            if (System.nanoTime() - said > ALIVE_NANOS) {
                engine.send(alive);
                said = System.nanoTime();
            }
        }
        if (!ended.getAsBoolean()) {
            send(frame);
        }
    }

    /** A frame with the tag of a step but without a valid message. */
    private static WorkerFrame corrupt() {
        var field = UnknownFieldSet.Field.newBuilder().addLengthDelimited(NO_MESSAGE);
        return WorkerFrame.newBuilder()
                .setUnknownFields(UnknownFieldSet.newBuilder()
                        .addField(WorkerFrame.STEP_FIELD_NUMBER, field.build())
                        .build())
                .build();
    }

    private static void pause(long millis) throws InterruptedIOException {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        }
    }
}
