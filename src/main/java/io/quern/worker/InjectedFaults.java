package io.quern.worker;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.quern.wire.Fault;
import io.quern.wire.Step;
import io.quern.wire.WorkerFrame;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.function.BooleanSupplier;

/** Between the step loop and the engine: passes frames on, until it is told to have something go wrong with them. */
final class InjectedFaults implements Outgoing {
    private static final long LOOK_MILLIS = 10;

    /** How often a held worker says that it is alive: as often as one that prepares a step. */
    private static final long ALIVE_NANOS = 500_000_000;

    /** A tag that says more bytes follow than there are. */
    private static final ByteString NO_MESSAGE = ByteString.copyFrom(new byte[] {0x0a, 0x7f});

    private final Outgoing engine;
    private final BooleanSupplier ended;
    private volatile Active active = new Active(Fault.getDefaultInstance());

    /** A fault that was injected, told from an equal one that was injected later. */
    private static final class Active {
        private final Fault fault;

        /** Steps with tokens that may still pass, for a hold. Used by the step loop alone. */
        private int left;

        Active(Fault fault) {
            this.fault = fault;
            this.left = fault.getSteps();
        }
    }

    /** @param ended whether the session is over: then nothing is held up any more */
    InjectedFaults(Outgoing engine, BooleanSupplier ended) {
        this.engine = engine;
        this.ended = ended;
    }

    /** From the next frame on; a frame that is held now is the next one. */
    void inject(Fault next) {
        active = new Active(next);
    }

    /** Ends a hold. Other faults stay. */
    void release() {
        if (active.fault.getKind() == Fault.Kind.HOLD) {
            inject(Fault.getDefaultInstance());
        }
    }

    /** On the step loop's thread, which a stalled, slow or held worker holds up here. */
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
                pause(now.fault.getMillis());
                engine.send(frame);
            }
            case CORRUPT_FRAME -> engine.send(corrupt());
            case HOLD -> hold(frame, now);
            case KIND_UNSPECIFIED, UNRECOGNIZED -> engine.send(frame);
        }
    }

    private void hold(WorkerFrame frame, Active hold) throws IOException {
        if (frame.getStep().getDeltasCount() == 0 || hold.left > 0) {
            hold.left -= frame.getStep().getDeltasCount() == 0 ? 0 : 1;
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

    /** A step by its tag, and no message within. */
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
