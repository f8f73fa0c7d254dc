package io.quern.pool;

import io.quern.generation.GenerationError;
import io.quern.generation.GenerationException;
import io.quern.generation.VocabularyQuestion;
import io.quern.wire.EngineFrame;
import io.quern.wire.VocabularyAnswer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
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
    private long numbers;
    private Pending<?> pending;
    private boolean closed;

    /** A question, and the parts of its answer that have arrived. */
    private static final class Pending<A> {
        final long number;
        final VocabularyQuestion<A> question;
        final CompletableFuture<A> answer = new CompletableFuture<>();
        private final List<Integer> tokens = new ArrayList<>();
        private final Map<Integer, String> names = new HashMap<>();
        private final ByteArrayOutputStream text = new ByteArrayOutputStream();

        Pending(long number, VocabularyQuestion<A> question) {
            this.number = number;
            this.question = question;
        }

        /** Adds a part. Called by the reading thread. */
        void add(VocabularyAnswer part) {
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
        Pending<A> next = new Pending<>(++numbers, question);
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
            asked.add(answer);
            if (answer.getMore()) {
                return false;
            }
            pending = null;
        }
        asked.complete(answer);
        return true;
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
