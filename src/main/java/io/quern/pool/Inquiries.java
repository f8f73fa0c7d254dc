package io.quern.pool;

import io.quern.generation.GenerationError;
import io.quern.generation.GenerationException;
import io.quern.generation.VocabularyQuestion;
import io.quern.wire.EngineFrame;
import io.quern.wire.VocabularyAnswer;
import java.util.List;
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
    private long numbers;
    private Pending<?> pending;
    private boolean closed;

    private record Pending<A>(long number, VocabularyQuestion<A> question, CompletableFuture<A> answer) {
        void complete(VocabularyAnswer from) {
            if (from.getRefusal().isEmpty()) {
                answer.complete(
                        question.answer(from.getTokensList(), List.copyOf(from.getNamesList()), from.getText()));
            } else {
                fail(new GenerationError.InvalidRequest(question.field(), from.getRefusal()));
            }
        }

        void fail(GenerationError error) {
            answer.completeExceptionally(new GenerationException(error));
        }
    }

    /** @param number above all numbers of an earlier connection to the same worker, whose late answers match nothing */
    Inquiries(int workerId, int maxFrameBytes, Outbox outbox, long number) {
        numbers = number;
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
        Pending<A> next = new Pending<>(++numbers, question, new CompletableFuture<>());
        EngineFrame frame = EngineFrames.question(next.number(), question);
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
        return Optional.of(next.answer());
    }

    /** The worker has answered. */
    void answered(VocabularyAnswer answer) {
        Pending<?> asked;
        synchronized (this) {
            asked = pending;
            if (asked == null || asked.number() != answer.getNumber()) {
                return;
            }
            pending = null;
        }
        asked.complete(answer);
    }

    /** Ends a question without an answer; the worker may still be asked another one. */
    void fail(GenerationError error) {
        Pending<?> asked;
        synchronized (this) {
            asked = pending;
            pending = null;
        }
        if (asked != null) {
            asked.fail(error);
        }
    }

    /** The connection is closed. */
    void close(String cause) {
        synchronized (this) {
            closed = true;
        }
        fail(new GenerationError.WorkerLost(workerId, "The worker that was asked was lost: " + cause + "."));
    }
}
