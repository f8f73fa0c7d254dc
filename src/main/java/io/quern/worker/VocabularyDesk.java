package io.quern.worker;

import io.quern.llama.LlamaException;
import io.quern.llama.Vocabulary;
import io.quern.wire.VocabularyAnswer;
import io.quern.wire.VocabularyQuestion;
import io.quern.wire.WorkerFrame;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Answers questions about the vocabulary, one after the other. It has its own thread, since a long text must delay
 * neither running streams nor new requests. The engine sends the next question after the answer, which bounds the
 * queue.
 */
final class VocabularyDesk implements Runnable {
    private final Vocabulary vocabulary;
    private final Outgoing outgoing;
    private final int maxFrameBytes;
    private final BlockingQueue<VocabularyQuestion> queue = new LinkedBlockingQueue<>();

    VocabularyDesk(Vocabulary vocabulary, Outgoing outgoing, int maxFrameBytes) {
        this.maxFrameBytes = maxFrameBytes;
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
                VocabularyQuestion question = queue.take();
                outgoing.send(fitting(answer(question).setNumber(question.getNumber())));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            // the receiving thread notices this too and ends the session
        }
    }

    private WorkerFrame fitting(VocabularyAnswer.Builder answer) {
        WorkerFrame frame = WorkerFrame.newBuilder().setAnswer(answer).build();
        int size = frame.getSerializedSize();
        return size <= maxFrameBytes
                ? frame
                : WorkerFrame.newBuilder()
                        .setAnswer(VocabularyAnswer.newBuilder()
                                .setNumber(answer.getNumber())
                                .setRefusal("the answer needs a frame of " + size + " bytes, but at most "
                                        + maxFrameBytes + " are allowed. Shorten the request, or raise"
                                        + " quern.worker.max-frame-bytes."))
                        .build();
    }

    private VocabularyAnswer.Builder answer(VocabularyQuestion question) {
        VocabularyAnswer.Builder answer = VocabularyAnswer.newBuilder();
        try {
            switch (question.getQuestionCase()) {
                case TOKENIZE -> tokenize(question.getTokenize(), answer);
                case DETOKENIZE -> detokenize(question.getDetokenize(), answer);
                case QUESTION_NOT_SET -> answer.setRefusal("the worker does not know this question");
            }
            return answer;
        } catch (LlamaException e) {
            return VocabularyAnswer.newBuilder().setRefusal(String.valueOf(e.getMessage()));
        }
    }

    private void tokenize(VocabularyQuestion.Tokenize question, VocabularyAnswer.Builder answer) {
        for (int token : vocabulary.tokenize(question.getTextBytes().toByteArray(), question.getAddSpecial())) {
            answer.addTokens(token);
            if (question.getNames()) {
                answer.addNames(vocabulary.name(token));
            }
        }
    }

    private void detokenize(VocabularyQuestion.Detokenize question, VocabularyAnswer.Builder answer) {
        int[] tokens = new int[question.getTokensCount()];
        for (int i = 0; i < tokens.length; i++) {
            tokens[i] = question.getTokens(i);
            if (tokens[i] < 0 || tokens[i] >= vocabulary.size()) {
                answer.setRefusal("tokens[" + i + "] must be a token of the model, 0 to " + (vocabulary.size() - 1)
                        + ", but is " + tokens[i]);
                return;
            }
        }
        answer.setText(new String(vocabulary.detokenize(tokens), StandardCharsets.UTF_8));
    }
}
