package io.quern.worker;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.quern.wire.Fault;
import io.quern.wire.WorkerFrame;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.function.BooleanSupplier;

/** Between the step loop and the engine: passes frames on, until it is told to have something go wrong with them. */
final class InjectedFaults implements Outgoing {
    private static final long LOOK_MILLIS = 50;

    /** A tag that says more bytes follow than there are. */
    private static final ByteString NO_MESSAGE = ByteString.copyFrom(new byte[] {0x0a, 0x7f});

    private final Outgoing engine;
    private final BooleanSupplier ended;
    private volatile Fault fault = Fault.getDefaultInstance();

    /** @param ended whether the session is over: then nothing is held up any more */
    InjectedFaults(Outgoing engine, BooleanSupplier ended) {
        this.engine = engine;
        this.ended = ended;
    }

    /** From the next frame on. */
    void inject(Fault next) {
        fault = next;
    }

    /** On the step loop's thread, which a stalled or slow worker holds up here. */
    @Override
    public void send(WorkerFrame frame) throws IOException {
        Fault now = fault;
        switch (now.getKind()) {
            case STALL -> {
                while (!ended.getAsBoolean()) {
                    pause(LOOK_MILLIS);
                }
            }
            case SLOW -> {
                pause(now.getMillis());
                engine.send(frame);
            }
            case CORRUPT_FRAME -> engine.send(corrupt());
            case KIND_UNSPECIFIED, UNRECOGNIZED -> engine.send(frame);
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
