package io.quern.pool;

import io.quern.generation.GenerationError;
import io.quern.generation.GenerationException;
import io.quern.generation.VocabularyQuestion;
import io.quern.time.EngineClock;
import io.quern.wire.EngineFrame;
import io.quern.wire.VocabularyAnswer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The questions to one worker about its vocabulary, one at a time, so that a client with many long texts does not keep
 * a worker busy that others need. Thread-safe; nothing blocks.
 */
final class Inquiries {
    private final int workerId;
    private final int maxFrameBytes;
    private final Outbox outbox;
    private final LossCauses lossCauses;
    private final EngineClock clock;
    private long numbers;
    private Pending<?> pending;
    private boolean closed;

    /** A question, and the parts of its answer that have arrived. */
    private static final class Pending<A> {
        final long number;
        final VocabularyQuestion<A> question;
        final Arrival arrival = new Arrival();
        /** When it was asked, or when the last part of its answer arrived. */
        private long heard;

        final CompletableFuture<A> answer = new CompletableFuture<>();
        private final List<Integer> tokens = new ArrayList<>();
        private final Map<Integer, String> names = new HashMap<>();
        private final ByteArrayOutputStream text = new ByteArrayOutputStream();

        Pending(long number, VocabularyQuestion<A> question, long now) {
            this.number = number;
            this.question = question;
            heard = now;
        }

        /** Adds a part. Called by the reading thread. */
        void add(VocabularyAnswer part, long now) {
            arrival.reached();
            heard = now;
            tokens.addAll(part.getTokensList());
            names.putAll(part.getNamesMap());
            text.writeBytes(part.getText().toByteArray());
        }

        void complete(VocabularyAnswer last) {
            if (last.getRefusal().isEmpty()) {
                List<String> named = names.isEmpty()
                        ? List.of()
                        : tokens.stream()
                                .map(token -> names.getOrDefault(token, ""))
                                .toList();
                answer.complete(question.answer(
                        Collections.unmodifiableList(tokens), named, text.toString(StandardCharsets.UTF_8)));
            } else {
                fail(new GenerationError.InvalidRequest(question.field(), last.getRefusal()));
            }
        }

        void fail(GenerationError error) {
            fail(new GenerationException(error));
        }

        void fail(GenerationException why) {
            answer.completeExceptionally(why);
        }
    }

    Inquiries(int workerId, int maxFrameBytes, Outbox outbox, LossCauses lossCauses, EngineClock clock) {
        // above all numbers of an earlier connection to the same worker, whose late answers match nothing
        numbers = clock.nanos();
        this.lossCauses = lossCauses;
        this.clock = clock;
        this.workerId = workerId;
        this.maxFrameBytes = maxFrameBytes;
        this.outbox = outbox;
    }

    synchronized boolean mayAsk() {
        return !closed && pending == null;
    }

    /** Asks the worker, or returns empty if it has not answered the last question yet. */
    synchronized <A> Optional<CompletionStage<A>> ask(VocabularyQuestion<A> question) {
        if (closed || pending != null) {
            return Optional.empty();
        }
        Pending<A> next = new Pending<>(++numbers, question, clock.nanos());
        EngineFrame frame = EngineFrames.question(next.number, question);
        if (frame.getSerializedSize() > maxFrameBytes) {
            next.fail(new GenerationError.InvalidRequest(
                    question.field(),
                    "The request needs a frame of " + frame.getSerializedSize() + " bytes, but at most " + maxFrameBytes
                            + " are allowed. Shorten it, or raise quern.worker.max-frame-bytes."));
        } else if (outbox.offer(frame)) {
            pending = next;
        } else {
            // the worker does not read, which whoever watches it will notice
            return Optional.empty();
        }
        return Optional.of(next.answer);
    }

    /** The worker has sent a part of an answer. Returns whether it may be asked again. */
    boolean answered(VocabularyAnswer answer) {
        Pending<?> asked;
        synchronized (this) {
            asked = pending;
            if (asked == null || asked.number != answer.getNumber()) {
                return false;
            }
            asked.add(answer, clock.nanos());
            if (answer.getMore()) {
                return false;
            }
            pending = null;
        }
        asked.complete(answer);
        return true;
    }

    /** Returns how long the worker has sent nothing of an answer, or zero if no question is open. */
    synchronized Duration silentFor() {
        return pending == null ? Duration.ZERO : Duration.ofNanos(clock.nanos() - pending.heard);
    }

    /** The engine was stopped and has not read what the worker sent, so the time starts again. */
    synchronized void startAgain() {
        if (pending != null) {
            pending.heard = clock.nanos();
        }
    }

    /** Returns the arrival of the question with this number, or null if nobody waits for its answer. */
    synchronized Arrival arrival(long number) {
        return pending == null || pending.number != number ? null : pending.arrival;
    }

    /** Ends a question without an answer; the worker may still be asked another one. */
    void fail(GenerationError error) {
        Pending<?> asked = take();
        if (asked != null) {
            asked.fail(error);
        }
    }

    /**
     * The connection is closed.
     *
     * @param alone whether the worker ran no requests
     */
    void close(String cause, boolean alone) {
        Pending<?> asked;
        synchronized (this) {
            closed = true;
            asked = take();
        }
        if (asked != null) {
            asked.fail(new QuestionLostException(
                    new GenerationError.WorkerLost(workerId, "The worker that was asked was lost: " + cause + "."),
                    alone,
                    lossCauses.of(asked.arrival)));
        }
    }

    private synchronized Pending<?> take() {
        Pending<?> asked = pending;
        pending = null;
        return asked;
    }
}
