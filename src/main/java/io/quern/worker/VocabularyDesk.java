package io.quern.worker;

import com.google.protobuf.ByteString;
import io.quern.llama.LlamaException;
import io.quern.llama.Vocabulary;
import io.quern.wire.VocabularyAnswer;
import io.quern.wire.VocabularyQuestion;
import io.quern.wire.WorkerFrame;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.BitSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Answers questions about the vocabulary, one after the other. It has its own thread, since a long text must delay
 * neither running streams nor new requests. The engine sends the next question after the answer, which bounds the
 * queue. Answers go out in parts, because the heap is sized for the slots' requests.
 */
final class VocabularyDesk implements Runnable {
    private static final int PART_TOKENS = 4096;
    private static final int PART_BYTES = 32 * 1024;

    /** Many times the text of the longest question. */
    private static final int MAX_TEXT_BYTES = 8 << 20;

    private final Vocabulary vocabulary;
    private final Outgoing outgoing;
    private final BlockingQueue<VocabularyQuestion> queue = new LinkedBlockingQueue<>();

    VocabularyDesk(Vocabulary vocabulary, Outgoing outgoing) {
        this.vocabulary = vocabulary;
        this.outgoing = outgoing;
    }

    /** Adds a question. Called by the receiving thread. */
    void submit(VocabularyQuestion question) {
        queue.add(question);
    }

    /** Runs until the thread is interrupted or the connection is gone. */
    @Override
    public void run() {
        try {
            while (true) {
                answer(queue.take());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (UncheckedIOException e) {
            // the receiving thread notices this too and ends the session
        }
    }

    private void answer(VocabularyQuestion question) {
        long number = question.getNumber();
        VocabularyAnswer.Builder end = VocabularyAnswer.newBuilder();
        try {
            switch (question.getQuestionCase()) {
                case TOKENIZE -> tokenize(number, question.getTokenize());
                case DETOKENIZE -> detokenize(number, question.getDetokenize(), end);
                case QUESTION_NOT_SET -> end.setRefusal("the worker does not know this question");
            }
        } catch (LlamaException e) {
            end.setRefusal(String.valueOf(e.getMessage()));
        }
        send(number, end);
    }

    private void tokenize(long number, VocabularyQuestion.Tokenize question) {
        BitSet named = new BitSet();
        vocabulary.tokenize(question.getTextBytes().toByteArray(), question.getAddSpecial(), PART_TOKENS, tokens -> {
            VocabularyAnswer.Builder part = VocabularyAnswer.newBuilder().setMore(true);
            for (int token : tokens) {
                part.addTokens(token);
                if (question.getNames() && !named.get(token)) {
                    named.set(token);
                    part.putNames(token, vocabulary.name(token));
                }
            }
            send(number, part);
        });
    }

    private void detokenize(long number, VocabularyQuestion.Detokenize question, VocabularyAnswer.Builder end) {
        int[] tokens = new int[question.getTokensCount()];
        for (int i = 0; i < tokens.length; i++) {
            tokens[i] = question.getTokens(i);
            if (tokens[i] < 0 || tokens[i] >= vocabulary.size()) {
                end.setRefusal("tokens[" + i + "] must be a token of the model, 0 to " + (vocabulary.size() - 1)
                        + ", but is " + tokens[i]);
                return;
            }
        }
        vocabulary.detokenize(
                tokens,
                MAX_TEXT_BYTES,
                PART_BYTES,
                bytes -> send(
                        number,
                        VocabularyAnswer.newBuilder()
                                .setText(ByteString.copyFrom(bytes))
                                .setMore(true)));
    }

    private void send(long number, VocabularyAnswer.Builder part) {
        try {
            outgoing.send(
                    WorkerFrame.newBuilder().setAnswer(part.setNumber(number)).build());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
