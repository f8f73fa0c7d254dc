package io.quern.worker;

import io.quern.wire.Delta;
import io.quern.wire.Pong;
import io.quern.wire.Step;
import io.quern.wire.WorkerFrame;
import io.quern.wire.WorkerSettings;
import java.io.IOException;
import java.util.List;

/**
 * Steps while there is work and waits otherwise. Sequences join and leave between steps. Each step advances every live
 * sequence by one token, spends the rest of its time on prompts, and sends the results to the engine in one frame.
 */
final class StepLoop {
    private static final long HEARTBEAT_MILLIS = 500;

    private static final WorkerFrame PONG =
            WorkerFrame.newBuilder().setPong(Pong.getDefaultInstance()).build();

    private final Decoding decoding;
    private final PrefillPace pace;
    private final Slots slots;
    private final Reuse reuse;
    private final PrefixCache prefixes;
    private final Requests requests;
    private final Inbox inbox;
    private final Outgoing outgoing;
    private final StepShare share;
    private final StateKeeper keeper;
    private final SharedPrefixes shared;
    private final CommonBeginnings beginnings;
    private final Turns turns;
    private long steps;
    private long lastNanos;

    StepLoop(
            WorkerSettings settings,
            Decoding decoding,
            SlotRoom room,
            PrefillPace pace,
            Requests requests,
            Inbox inbox,
            Outgoing outgoing,
            StateKeeper keeper) {
        this.decoding = decoding;
        this.pace = pace;
        this.slots = new Slots(room.slots());
        this.reuse = decoding.reuse();
        this.prefixes = new PrefixCache(room.slots(), reuse);
        this.requests = requests;
        this.inbox = inbox;
        this.outgoing = outgoing;
        this.share = new StepShare(settings.getComputation().getStepMillis() * 1_000_000L);
        this.keeper = keeper;
        this.shared = new SharedPrefixes(settings, decoding, keeper, outgoing);
        this.beginnings = new CommonBeginnings(decoding);
        this.turns = new Turns(slots, decoding, prefixes, keeper, shared, room);
    }

    /**
     * Runs until the inbox is stopped.
     *
     * @throws IOException if the engine has ended
     */
    void run() throws IOException, InterruptedException {
        try {
            while (!inbox.stopped()) {
                if (inbox.takeAsked()) {
                    outgoing.send(PONG);
                }
                List<Sequence> joining = hasWork() || turns.due() ? inbox.take() : inbox.await(HEARTBEAT_MILLIS);
                // remove sequences first, since new ones may need their slots
                free();
                leave();
                turns.take(joining, this::join);
                if (hasWork()) {
                    step();
                } else if (joining.isEmpty() && requests.any()) {
                    // a request is being tokenised or waits for the engine; without heartbeats the engine would
                    // assume a hang
                    send(Step.newBuilder());
                }
            }
        } finally {
            slots.free(all -> true).forEach(slot -> slot.sequence().close());
            inbox.take().forEach(Sequence::close);
            turns.close();
            shared.close();
        }
    }

    private boolean hasWork() throws IOException {
        return !computing().isEmpty() || slots.anyLive();
    }

    /** Returns the slots whose prompts are computed now, after a look at what the engine has answered meanwhile. */
    private List<Slot> computing() throws IOException {
        shared.take(inbox.takeAnswers());
        return beginnings.computing(shared.ready(Siblings.computing(slots.toPrefill())));
    }

    private void join(Sequence sequence) {
        int[] prompt = sequence.prompt();
        String scope = sequence.prefixScope();
        Slot slot = slots.take(sequence, number -> prefixes.reusable(number, scope, prompt));
        int reusable = prefixes.reusable(slot.number(), scope, prompt);
        prefixes.forget(slot.number());
        if (turns.begins(slot)) {
            if (!decoding.resume(slot.number(), sequence)) {
                sequence.reuses(beginning(slot, reusable));
            }
            shared.begins(slot);
        }
    }

    /**
     * Returns how many tokens of its prompt a slot contains.
     *
     * @param reusable how many it contains of an earlier prompt
     */
    private int beginning(Slot slot, int reusable) {
        int most = reuse.most(slot.sequence().prompt());
        boolean copied = most > reusable
                && Siblings.withPromptOf(slot.sequence(), slots.live())
                        .filter(sibling -> decoding.copyBeginning(sibling, slot.number(), most))
                        .isPresent();
        return copied ? most : decoding.keep(slot.number(), reusable);
    }

    private void step() throws IOException {
        long begin = System.nanoTime();
        decoding.allow(inbox.allowed());
        steps++;
        Step.Builder frame = Step.newBuilder();
        List<Slot> live = turns.growing(slots.live());
        if (!live.isEmpty()) {
            decoding.keep(keeper, live, lastNanos);
            decoding.step(live, frame::addDeltas);
        }
        free();
        List<Slot> waiting = computing();
        long liveNanos = System.nanoTime() - begin;
        if (!live.isEmpty() || waiting.isEmpty()) {
            // before the prompts, for which streams need not wait
            send(frame, liveNanos);
        }
        prefill(waiting, live.size(), liveNanos);
        lastNanos = System.nanoTime() - begin;
        shared.stepped();
    }

    private void send(Step.Builder frame, long nanos) throws IOException {
        send(frame.setMicros((int) (nanos / 1000)));
    }

    private void send(Step.Builder frame) throws IOException {
        frame.setStep(steps)
                .setCachedTokens(slots.cachedTokens())
                .setWaiting(turns.waiting())
                .setPauses(turns.pauses())
                .setThreads(decoding.threads())
                .setDraftTokens(decoding.draftTokens())
                .setAcceptedDraftTokens(decoding.acceptedDraftTokens());
        outgoing.send(WorkerFrame.newBuilder().setStep(frame).build());
    }

    /** Lets those sequences go that the engine wants to continue on another worker, with their states. */
    private void leave() throws IOException {
        List<Slot> asked = slots.asked();
        if (asked.isEmpty()) {
            return;
        }
        Step.Builder frame = Step.newBuilder();
        for (Slot slot : asked) {
            Sequence sequence = slot.sequence();
            boolean leaves = sequence.mayLeave() && decoding.leave(keeper, slot, !slots.isActive(slot));
            frame.addDeltas(leaves ? sequence.leave() : sequence.stay());
        }
        free();
        send(frame);
    }

    /**
     * Prefills at least one piece if any prompt can be computed, so that prompts progress next to any number of live
     * sequences. The first token of an answer need not wait for other prompts, so each batch that ends a prompt is sent
     * at once.
     */
    private void prefill(List<Slot> first, int live, long liveNanos) throws IOException {
        if (first.isEmpty()) {
            return;
        }
        List<Slot> waiting = first;
        PromptFrames frames = new PromptFrames();
        long now = System.nanoTime();
        long until = now + share.ofPrompts(liveNanos, live, waiting.size(), nanos(waiting));
        do {
            List<PrefillChunk> pieces = decoding.pieces(waiting, pace, (until - now) / 1000);
            decoding.prefill(pieces, slots.toPrefill(), frames.next::addDeltas);
            int tokens = pieces.stream().mapToInt(PrefillChunk::tokens).sum();
            frames.next.setPrefilled(frames.next.getPrefilled() + tokens);
            pace.measured(tokens, (System.nanoTime() - now) / 1000);
            if (!frames.end()) {
                // first tokens need not wait for copies of their prompts' states
                frames.sendTokens();
            }
            for (PrefillChunk piece : pieces) {
                beginnings.computed(piece.slot());
                shared.computed(piece.slot());
            }
            // they ended with their first token or failed, so they do not wait any more
            free();
            frames.sendTokens();
            waiting = computing();
            // states were copied meanwhile
            now = System.nanoTime();
        } while (!waiting.isEmpty() && pace.fits((until - now) / 1000));
        frames.sendRest();
    }

    /** What prompts have brought since the last frame. */
    private final class PromptFrames {
        private Step.Builder next = Step.newBuilder();
        private long since = System.nanoTime();

        /** Returns whether they end a sequence, whose slot must be free when the engine hears of it. */
        boolean end() {
            return next.getDeltasList().stream().anyMatch(Delta::hasFinish);
        }

        void sendTokens() throws IOException {
            if (next.getDeltasCount() > 0) {
                send(next, System.nanoTime() - since);
                next = Step.newBuilder();
                since = System.nanoTime();
            }
        }

        void sendRest() throws IOException {
            if (next.getPrefilled() > 0) {
                send(next, System.nanoTime() - since);
            }
        }
    }

    /** Returns the expected time for prompts. */
    private long nanos(List<Slot> waiting) {
        int tokens =
                waiting.stream().mapToInt(slot -> slot.sequence().toPrefill()).sum();
        return 1000 * pace.micros(tokens);
    }

    /** Frees the slots of ended and cancelled sequences. */
    private void free() {
        for (Slot slot : slots.free(s -> s.finish() != null || s.request().cancelled())) {
            Sequence over = slot.sequence();
            if (over.failed()) {
                decoding.forget(slot.number());
            } else if (decoding.holdsBeginning(slot.number())) {
                prefixes.keep(slot.number(), over.prefixScope(), over.computed(reuse.singleRows()));
            }
            keeper.forget(slot.number());
            turns.free(slot);
            over.close();
            // before the engine is notified, since it may send the next request at once
            requests.remove(over.request());
        }
    }
}
