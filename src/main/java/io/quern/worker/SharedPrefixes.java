package io.quern.worker;

import io.quern.wire.EngineFrame;
import io.quern.wire.PrefixComputed;
import io.quern.wire.PrefixFound;
import io.quern.wire.PrefixLayout;
import io.quern.wire.PrefixSought;
import io.quern.wire.WorkerFrame;
import io.quern.wire.WorkerSettings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Exchanges the states of prompts' prefixes with the engine. Before a long prompt is computed, this asks the engine for
 * the state of its longest prefix. The sequence waits for the answer, other sequences do not. After a prompt is
 * computed, this offers its state, unless the engine has nearly the same. Used only by the step loop.
 *
 * <p>A plain KV cache can be shortened, so a state serves every prompt that begins like it. Otherwise a state is valid
 * only with all of its tokens (recurrent models, passed sliding windows). Then it is taken where two prompts part, and
 * just before the end of the prompt.
 */
final class SharedPrefixes {
    /** Longest wait for an answer of the engine. */
    private static final long PATIENCE_NANOS = 1_000_000_000;

    /** Longest time that an offer is kept for an engine that does not answer. */
    private static final long OFFER_NANOS = 10_000_000_000L;

    /** Offers that the engine has not opened yet. Together they are no larger than the largest state. */
    private static final int MAX_OFFERS = 2;

    private enum Stage {
        /** Nothing is computed yet, and the engine may have something. */
        OPEN,
        ASKED,
        /** The rest is computed here. */
        SETTLED
    }

    /** What is known of the sequence in a slot. */
    private static final class Share {
        private final Sequence sequence;
        private Stage stage = Stage.OPEN;
        /** When it was asked about, or first waited for a place, or 0. */
        private long since;
        /** Tokens of the prompt that the engine has. */
        private int known;
        /** Whether the engine was asked, so that {@link #known} counts. */
        private boolean answered;

        Share(Sequence sequence) {
            this.sequence = sequence;
        }
    }

    /** A question without an answer. The sequence may have ended. */
    private record Question(int slot, Share share, int place) {}

    private record Offer(SharedMemory memory, long bytes, long since) {}

    private final long maxBytes;
    private final Reuse reuse;
    private final Decoding decoding;
    private final StateKeeper keeper;
    private final Outgoing outgoing;
    /** By slot; null if its sequence is paused, or there was none. */
    private final Share[] shares;

    private final BitSet places = new BitSet();
    private final Map<Long, Question> questions = new HashMap<>();
    private final Map<Long, Offer> offers = new HashMap<>();

    /** Slots whose prompts were completed in this step. Their first tokens do not wait until the states are copied. */
    private final List<Slot> completed = new ArrayList<>();

    private long lastOffer;
    private long lastAnswer;

    /** @param keeper has the memory into which the engine copies states */
    SharedPrefixes(WorkerSettings settings, Decoding decoding, StateKeeper keeper, Outgoing outgoing) {
        this.maxBytes = settings.getPrefixStates().getBytes();
        this.reuse = decoding.reuse();
        this.decoding = decoding;
        this.keeper = keeper;
        this.outgoing = outgoing;
        this.shares = new Share[settings.getSequences().getSlots()];
    }

    /** A sequence begins in a slot. */
    void begins(Slot slot) {
        shares[slot.number()] = new Share(slot.sequence());
    }

    /** The sequence in a slot pauses. An answer that still comes is ignored. */
    void pauses(Slot slot) {
        shares[slot.number()] = null;
    }

    /** Returns the slots whose prompts can be computed now, and asks the engine about the others. */
    List<Slot> ready(List<Slot> waiting) throws IOException {
        if (maxBytes == 0 || waiting.isEmpty()) {
            return waiting;
        }
        long now = System.nanoTime();
        List<Slot> ready = new ArrayList<>(waiting.size());
        for (Slot slot : waiting) {
            Share share = shares[slot.number()];
            if (share.stage == Stage.OPEN && !worthAsking(share)) {
                share.stage = Stage.SETTLED;
            }
            if (share.stage == Stage.OPEN) {
                wait(slot, share, now);
            }
            if (share.stage != Stage.SETTLED && now - waitsSince(share) > PATIENCE_NANOS) {
                share.stage = Stage.SETTLED;
            }
            if (share.stage == Stage.SETTLED) {
                ready.add(slot);
            }
        }
        return ready;
    }

    /**
     * A sequence without a place has time as long as the engine answers others: it copies one state after the other.
     */
    private long waitsSince(Share share) {
        return share.stage == Stage.ASKED ? share.since : Math.max(share.since, lastAnswer);
    }

    private boolean worthAsking(Share share) {
        Sequence sequence = share.sequence;
        return keeper.memory() != null
                && !sequence.prefixScope().isEmpty()
                && reuse.most(sequence.prompt()) - sequence.cached() >= PrefixLayout.WORTH_IT;
    }

    private void wait(Slot slot, Share share, long now) throws IOException {
        share.since = share.since == 0 ? now : share.since;
        int place = places.nextClearBit(0);
        Sequence sequence = share.sequence;
        if (place >= PrefixLayout.PLACES
                || questions.containsKey(sequence.request().id())) {
            return;
        }
        places.set(place);
        questions.put(sequence.request().id(), new Question(slot.number(), share, place));
        share.stage = Stage.ASKED;
        share.since = now;
        int[] prompt = sequence.prompt();
        outgoing.send(WorkerFrame.newBuilder()
                .setPrefixSought(PrefixSought.newBuilder()
                        .setRequest(sequence.request().id())
                        .setPlace(place)
                        .setHeld(sequence.cached())
                        .addAllHashes(PrefixHashes.of(prompt, reuse.most(prompt)))
                        .setExact(decoding.keepsOnlyLast(prompt.length)))
                .build());
    }

    /** Handles what the engine has answered. */
    void take(List<EngineFrame> frames) {
        for (EngineFrame frame : frames) {
            switch (frame.getFrameCase()) {
                case PREFIX_FOUND -> found(frame.getPrefixFound());
                case PREFIX_TAKEN -> taken(frame.getPrefixTaken().getNumber());
                case PARK -> forgetEngine();
                default -> throw new IllegalArgumentException("unexpected: " + frame.getFrameCase());
            }
        }
    }

    private void found(PrefixFound found) {
        Question question = questions.remove(found.getRequest());
        if (question == null) {
            return;
        }
        lastAnswer = System.nanoTime();
        Share share = question.share;
        Optional<PrefixState> opened = open(found, question.place);
        boolean waits = shares[question.slot] == share && share.stage == Stage.ASKED;
        try {
            if (waits) {
                share.stage = Stage.SETTLED;
                share.answered = true;
                opened.ifPresent(state -> load(question.slot, share, state, found.getExact()));
                pause(share, found.getParts());
            }
        } finally {
            opened.ifPresent(PrefixState::close);
            places.clear(question.place);
        }
    }

    private Optional<PrefixState> open(PrefixFound found, int place) {
        try {
            return PrefixState.at(keeper.memory(), place, found.getTokens(), found.getBytes());
        } catch (IOException e) {
            // the prompt is then computed
            return Optional.empty();
        }
    }

    private void load(int slot, Share share, PrefixState state, boolean exact) {
        Sequence sequence = share.sequence;
        int held = state.tokens().length;
        int common = PrefixCache.common(state.tokens(), sequence.prompt());
        int usable = reuse.usable(common, sequence.prompt());
        if (exact && usable < held) {
            return;
        }
        share.known = common;
        if (usable > sequence.cached()) {
            boolean loaded = decoding.loadBeginning(slot, state.data(), held, usable);
            sequence.reuses(loaded ? usable : 0);
        }
    }

    /** Lets the prefill stop where a state that cannot be shortened is to be taken. */
    private void pause(Share share, int parts) {
        Sequence sequence = share.sequence;
        int length = sequence.prompt().length;
        if (!decoding.keepsOnlyLast(length)) {
            return;
        }
        int last = PrefixHashes.most(sequence.prompt());
        int from = Math.max(share.known, sequence.cached());
        int blocks = parts / PrefixLayout.BLOCK * PrefixLayout.BLOCK;
        if (blocks - from >= PrefixLayout.WORTH_IT && blocks < last) {
            sequence.pauseAt(blocks);
        } else if (last - from >= PrefixLayout.WORTH_IT) {
            sequence.pauseAt(last);
        }
    }

    /** A piece of a prompt was computed. Offers the state if it is time for that, or after the step. */
    void computed(Slot slot) throws IOException {
        Share share = shares[slot.number()];
        if (maxBytes == 0 || !share.answered || share.sequence.failed()) {
            return;
        }
        Sequence sequence = share.sequence;
        int length = sequence.prompt().length;
        if (decoding.keepsOnlyLast(length)) {
            if (sequence.cached() == sequence.pause()) {
                offer(slot, true);
                pause(share, 0);
            }
        } else if (sequence.toPrefill() == 0
                && length - Math.max(share.known, sequence.reused()) >= PrefixLayout.WORTH_IT
                && decoding.holdsBeginning(slot.number())) {
            if (sequence.finish() == null) {
                completed.add(slot);
            } else {
                // once the engine knows that the request is over, it takes nothing of it
                offer(slot, false);
            }
        }
    }

    /** The results of a step were sent. Offers the states of the prompts that it has completed. */
    void stepped() throws IOException {
        for (Slot slot : completed) {
            offer(slot, false);
        }
        completed.clear();
    }

    private void offer(Slot slot, boolean exact) throws IOException {
        Share share = shares[slot.number()];
        int tokens = share.sequence.cached();
        share.known = tokens;
        long now = System.nanoTime();
        offers.values().removeIf(old -> {
            boolean late = now - old.since > OFFER_NANOS;
            if (late) {
                old.memory.close();
            }
            return late;
        });
        long bytes = decoding.stateBytes(slot.number());
        long all = PrefixLayout.bytes(tokens, bytes);
        long offered = offers.values().stream().mapToLong(Offer::bytes).sum();
        if (offers.size() >= MAX_OFFERS || tokens > decoding.mostToCopy() || bytes <= 0 || offered + all > maxBytes) {
            return;
        }
        int[] prompt = share.sequence.prompt();
        Optional<SharedMemory> written;
        try {
            written = PrefixState.write(prompt, tokens, bytes, to -> decoding.saveState(slot.number(), to));
        } catch (IOException e) {
            // the next prompt like this one is then computed again
            return;
        }
        if (written.isPresent()) {
            offers.put(++lastOffer, new Offer(written.get(), all, now));
            outgoing.send(WorkerFrame.newBuilder()
                    .setPrefixComputed(PrefixComputed.newBuilder()
                            .setRequest(share.sequence.request().id())
                            .setNumber(lastOffer)
                            .setPath(written.get().path())
                            .setTokens(tokens)
                            .setBytes(all)
                            .addAllHashes(PrefixHashes.of(prompt, tokens))
                            .setExact(exact))
                    .build());
        }
    }

    private void taken(long number) {
        Offer offer = offers.remove(number);
        if (offer != null) {
            offer.memory.close();
            reconsider();
        }
    }

    /** The engine has something new: lets it be asked again for prompts of which nothing was computed yet. */
    private void reconsider() {
        for (Share share : shares) {
            if (share != null
                    && share.stage == Stage.SETTLED
                    && share.answered
                    && share.sequence.cached() == share.sequence.reused()
                    && share.sequence.toPrefill() > 0) {
                share.stage = Stage.OPEN;
                share.since = 0;
            }
        }
    }

    /** The engine's application ends, and another one follows, which knows nothing of questions and offers. */
    private void forgetEngine() {
        questions.values().forEach(question -> question.share.stage = Stage.SETTLED);
        questions.clear();
        places.clear();
        close();
    }

    /** Gives up what the engine has not opened. */
    void close() {
        offers.values().forEach(offer -> offer.memory.close());
        offers.clear();
    }
}
