package io.quern.worker;

import io.quern.wire.Delta;
import io.quern.wire.EngineFrame;
import io.quern.wire.PrefixComputed;
import io.quern.wire.PrefixFound;
import io.quern.wire.PrefixLayout;
import io.quern.wire.PrefixSought;
import io.quern.wire.PrefixTaken;
import io.quern.wire.WorkerFrame;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Plays the engine's store of prefixes for requests of one scope. It outlives the workers. */
final class HeldPrefixes implements AutoCloseable {
    private record Held(PrefixComputed computed, HeldMemory memory) {}

    final List<PrefixComputed> computed = new ArrayList<>();

    /** By offer: how many tokens the worker had sent before. */
    final List<Integer> tokensBefore = new ArrayList<>();

    final List<PrefixFound> found = new ArrayList<>();
    private final List<Held> held = new ArrayList<>();
    private final Set<Long> seen = new HashSet<>();

    /** Whether it says that it has a state, and copies nothing. */
    volatile boolean lies;

    /** Whether it does not answer. */
    volatile boolean silent;

    synchronized void take(WorkerProcess worker, WorkerFrame frame) {
        if (silent) {
            return;
        }
        try {
            if (frame.hasPrefixComputed()) {
                PrefixComputed offer = frame.getPrefixComputed();
                computed.add(offer);
                tokensBefore.add(worker.steps.stream()
                        .flatMap(step -> step.getDeltasList().stream())
                        .mapToInt(Delta::getTokensCount)
                        .sum());
                held.add(new Held(offer, HeldMemory.open(Path.of(offer.getPath()))));
                worker.send(EngineFrame.newBuilder()
                        .setPrefixTaken(PrefixTaken.newBuilder().setNumber(offer.getNumber())));
            } else {
                answer(worker, frame.getPrefixSought());
            }
        } catch (IOException e) {
            // the worker was killed
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private void answer(WorkerProcess worker, PrefixSought sought) throws Exception {
        PrefixFound.Builder answer = PrefixFound.newBuilder().setRequest(sought.getRequest());
        Optional<Held> best = held.stream()
                .filter(one -> common(one, sought) * PrefixLayout.BLOCK >= sought.getHeld() + PrefixLayout.WORTH_IT)
                .max(Comparator.comparingInt(one -> common(one, sought)));
        if (best.isPresent()) {
            PrefixComputed offer = best.get().computed;
            if (!lies) {
                best.get()
                        .memory
                        .copyTo(Path.of(worker.keeps.get(60, TimeUnit.SECONDS)), PrefixLayout.place(sought.getPlace()));
            }
            answer.setTokens(offer.getTokens()).setBytes(offer.getBytes()).setExact(offer.getExact());
        }
        if (sought.getExact()) {
            int blocks = 0;
            while (blocks < sought.getHashesCount() && seen.contains(sought.getHashes(blocks))) {
                blocks++;
            }
            answer.setParts(blocks * PrefixLayout.BLOCK);
        }
        seen.addAll(sought.getHashesList());
        found.add(answer.build());
        worker.send(EngineFrame.newBuilder().setPrefixFound(answer));
    }

    /** Returns how many blocks of tokens they have in common. */
    private static int common(Held held, PrefixSought sought) {
        int blocks = 0;
        while (blocks < held.computed.getHashesCount()
                && blocks < sought.getHashesCount()
                && held.computed.getHashes(blocks) == sought.getHashes(blocks)) {
            blocks++;
        }
        return held.computed.getExact() && blocks < held.computed.getHashesCount() ? 0 : blocks;
    }

    @Override
    public synchronized void close() throws IOException {
        for (Held one : held) {
            one.memory.close();
        }
    }
}
