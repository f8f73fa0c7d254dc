package io.quern.worker;

import io.quern.wire.Pong;
import io.quern.wire.Step;
import io.quern.wire.WorkerFrame;
import io.quern.wire.WorkerSettings;
import java.io.IOException;
import java.util.List;

/**
 * Steps as long as there is work and waits while there is none: sequences join and leave between steps, each step brings every
 * live sequence one token on, gives the rest of its time to prompts, and tells the engine in one frame.
 */
final class StepLoop {
    private static final long HEARTBEAT_MILLIS = 500;

    private static final WorkerFrame PONG =
            WorkerFrame.newBuilder().setPong(Pong.getDefaultInstance()).build();

    private final Decoding decoding;
    private final PrefillPace pace;
    private final Slots slots;
    private final PrefixCache prefixes;
    private final Requests requests;
    private final Inbox inbox;
    private final Outgoing outgoing;
    private final StepShare share;
    private final StateKeeper keeper;
    private long steps;
    private long lastNanos;

    StepLoop(
            WorkerSettings settings,
            Decoding decoding,
            PrefillPace pace,
            Requests requests,
            Inbox inbox,
            Outgoing outgoing,
            StateKeeper keeper) {
        this.decoding = decoding;
        this.pace = pace;
        this.slots = new Slots(settings.getSequences().getSlots());
        this.prefixes = new PrefixCache(settings.getSequences().getSlots());
        this.requests = requests;
        this.inbox = inbox;
        this.outgoing = outgoing;
        this.share = new StepShare(settings.getComputation().getStepMillis() * 1_000_000L);
        this.keeper = keeper;
    }

    /**
     * Runs until the inbox is stopped.
     *
     * @throws IOException if the engine is gone
     */
    void run() throws IOException, InterruptedException {
        try {
            while (!inbox.stopped()) {
                if (inbox.takeAsked()) {
                    outgoing.send(PONG);
                }
                List<Sequence> joining = slots.isEmpty() ? inbox.await(HEARTBEAT_MILLIS) : inbox.take();
                // first those that leave: who joins may have been promised their place
                free();
                joining.forEach(this::join);
                if (!slots.isEmpty()) {
                    step();
                } else if (requests.any()) {
                    // one is being tokenised: the engine takes silence for the end
                    outgoing.send(WorkerFrame.newBuilder()
                            .setStep(Step.newBuilder().setStep(steps).setCachedTokens(slots.cachedTokens()))
                            .build());
                }
            }
        } finally {
            slots.free(all -> true).forEach(slot -> slot.sequence().close());
            inbox.take().forEach(Sequence::close);
        }
    }

    private void join(Sequence sequence) {
        if (sequence.request().cancelled()) {
            // it has given its place up already, perhaps to the next one here
            sequence.close();
        } else {
            int[] prompt = sequence.prompt();
            String scope = sequence.request().prefixScope();
            Slot slot = slots.take(sequence, number -> prefixes.reusable(number, scope, prompt));
            if (!decoding.resume(slot.number(), sequence)) {
                sequence.cached(decoding.keep(slot.number(), prefixes.reusable(slot.number(), scope, prompt)));
            }
            prefixes.forget(slot.number());
        }
    }

    private void step() throws IOException {
        long begin = System.nanoTime();
        Step.Builder frame = Step.newBuilder().setStep(++steps);
        List<Slot> live = slots.live();
        if (!live.isEmpty()) {
            decoding.keep(keeper, live, lastNanos);
            decoding.step(live, frame::addDeltas);
        }
        int prefilled = prefill(frame, live.size(), begin);
        frame.setPrefilled(prefilled);
        free();
        frame.setCachedTokens(slots.cachedTokens());
        lastNanos = System.nanoTime() - begin;
        frame.setMicros((int) (lastNanos / 1000));
        outgoing.send(WorkerFrame.newBuilder().setStep(frame).build());
    }

    /** At least one piece, so that a prompt gets on beside however many live sequences. */
    private int prefill(Step.Builder frame, int live, long begin) {
        int prefilled = 0;
        List<Slot> waiting = slots.toPrefill();
        long now = System.nanoTime();
        long until = now + share.ofPrompts(now - begin, live, waiting.size());
        while (!waiting.isEmpty() && (prefilled == 0 || pace.fits((until - now) / 1000))) {
            List<PrefillChunk> pieces = decoding.pieces(waiting, pace, (until - now) / 1000);
            decoding.prefill(pieces, frame::addDeltas);
            int tokens = pieces.stream().mapToInt(PrefillChunk::tokens).sum();
            prefilled += tokens;
            long end = System.nanoTime();
            pace.measured(tokens, (end - now) / 1000);
            now = end;
            // over with their first token, or failed: they must not be taken for some that wait
            free();
            waiting = slots.toPrefill();
        }
        return prefilled;
    }

    /** Frees the slots of sequences that are over or that nobody wants any more. */
    private void free() {
        for (Slot slot : slots.free(s -> s.finish() != null || s.request().cancelled())) {
            Sequence over = slot.sequence();
            if (over.failed()) {
                decoding.forget(slot.number());
            } else if (decoding.holdsBeginning(slot.number())) {
                prefixes.keep(slot.number(), over.request().prefixScope(), over.prompt(), over.prefilled());
            }
            keeper.forget(slot.number());
            over.close();
            // before the engine is told: it may send the next request at once
            requests.remove(over.request());
        }
    }
}
