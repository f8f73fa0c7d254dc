package io.quern.worker;

import com.google.protobuf.ByteString;
import io.quern.llama.LlamaException;
import io.quern.llama.LlamaModel;
import io.quern.llama.Vocabulary;
import io.quern.wire.Accepted;
import io.quern.wire.Generate;
import io.quern.wire.Keeps;
import io.quern.wire.Rejected;
import io.quern.wire.WorkerFrame;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Tokenises new requests and decides whether they fit. It has its own thread, since a prompt of megabytes must not
 * delay running streams. The number of slots bounds the queue.
 */
final class Intake implements Runnable {
    private final LlamaModel model;
    private final Vocabulary vocabulary;
    private final int contextLength;
    private final ContextFit fit;
    private final Requests requests;
    private final Outgoing outgoing;
    private final Inbox inbox;
    private final StateKeeper keeper;
    private final boolean singleRows;
    private final BlockingQueue<Request> queue = new LinkedBlockingQueue<>();

    /** @param singleRows whether tokens have the same results one by one as together */
    Intake(
            LlamaModel model,
            int contextLength,
            boolean singleRows,
            Requests requests,
            Outgoing outgoing,
            Inbox inbox,
            StateKeeper keeper) {
        this.singleRows = singleRows;
        this.keeper = keeper;
        this.model = model;
        this.vocabulary = model.vocabulary();
        this.contextLength = contextLength;
        this.fit = new ContextFit(contextLength);
        this.requests = requests;
        this.outgoing = outgoing;
        this.inbox = inbox;
    }

    /** Adds a request. Called by the receiving thread. */
    void submit(Generate generate) throws IOException {
        Request request = new Request(generate);
        Rejected.Builder refused = requests.admit(request);
        if (refused != null) {
            outgoing.send(rejection(request, refused));
        } else {
            queue.add(request);
        }
    }

    /** Runs until the thread is interrupted or the connection is gone. */
    @Override
    public void run() {
        try {
            openKeeper();
            while (true) {
                take(queue.take());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            // the receiving thread notices this too and ends the session
        }
    }

    /** Loaded here, since it takes the JVM some milliseconds, which must not delay the start. */
    private void openKeeper() throws IOException {
        if (keeper.wanted()) {
            String path;
            try {
                model.prepareStates();
                path = keeper.open();
            } catch (IOException e) {
                // without state copies, streams are replayed from their beginning
                return;
            }
            outgoing.send(WorkerFrame.newBuilder()
                    .setKeeps(Keeps.newBuilder().setPath(path))
                    .build());
        }
    }

    private void take(Request request) throws IOException {
        if (request.cancelled()) {
            return;
        }
        try {
            Generate generate = request.generate();
            ByteString prompt = generate.getPromptBytes();
            Optional<Rejected.Builder> refused = tooLong(prompt);
            if (refused.isPresent()) {
                refuse(request, refused.get());
                return;
            }
            int[] tokens = generate.getPromptTokensCount() > 0
                    ? tokens(generate)
                    : vocabulary.tokenize(prompt.toByteArray(), generate.getAddSpecial());
            refused = check(generate, tokens);
            if (refused.isPresent()) {
                refuse(request, refused.get());
            } else {
                accept(request, tokens);
            }
        } catch (InvalidFieldException e) {
            refuse(request, e.rejection());
        } catch (RuntimeException e) {
            refuse(
                    request,
                    Rejected.newBuilder()
                            .setReason(e instanceof LlamaException ? Rejected.Reason.INVALID : Rejected.Reason.INTERNAL)
                            .setMessage(String.valueOf(e.getMessage())));
        }
    }

    private Optional<Rejected.Builder> tooLong(ByteString prompt) {
        // short prompts always fit, so the vocabulary need not be searched for its longest token
        return prompt.size() < contextLength
                ? Optional.empty()
                : fit.checkBytes(prompt.size(), vocabulary.longestPiece());
    }

    private int[] tokens(Generate generate) {
        for (int i = 0; i < generate.getPromptTokensCount(); i++) {
            InvalidFieldException.checkToken(generate.getPromptTokens(i), vocabulary, "prompt[" + i + "]");
        }
        return generate.getPromptTokensList().stream()
                .mapToInt(Integer::intValue)
                .toArray();
    }

    private Optional<Rejected.Builder> check(Generate generate, int[] tokens) {
        if (tokens.length == 0) {
            return invalid("the prompt is empty");
        }
        for (int token : generate.getReplayList()) {
            if (token < 0 || token >= vocabulary.size()) {
                return invalid("token " + token + " to be replayed is not in the model's vocabulary");
            }
        }
        for (int i = 0; i < generate.getStopTokensCount(); i++) {
            InvalidFieldException.checkToken(generate.getStopTokens(i), vocabulary, "stop_token_ids[" + i + "]");
        }
        if (generate.getStopList().stream().anyMatch(String::isEmpty)) {
            return invalid("a stop string is empty");
        }
        return fit.checkTokens(tokens.length, generate.getReplayCount(), generate.getMaxTokens());
    }

    private static Optional<Rejected.Builder> invalid(String message) {
        return Optional.of(
                Rejected.newBuilder().setReason(Rejected.Reason.INVALID).setMessage(message));
    }

    private void accept(Request request, int[] tokens) throws IOException {
        TokenChoice choice = TokenChoice.of(request.generate(), model, tokens, contextLength);
        if (request.cancelled()) {
            choice.close();
            return;
        }
        outgoing.send(WorkerFrame.newBuilder()
                .setAccepted(Accepted.newBuilder().setRequest(request.id()).setPromptTokens(tokens.length))
                .build());
        Sequence sequence = new Sequence(
                request,
                tokens,
                contextLength,
                vocabulary,
                choice,
                singleRows || request.generate().getPrefillReplay());
        try {
            keeper.left(request.generate(), tokens).ifPresent(sequence::keptState);
        } catch (IOException e) {
            // the delivered tokens are then replayed from their beginning
        }
        inbox.post(sequence);
    }

    private void refuse(Request request, Rejected.Builder reason) throws IOException {
        requests.remove(request);
        if (!request.cancelled()) {
            outgoing.send(rejection(request, reason));
        }
    }

    private static WorkerFrame rejection(Request request, Rejected.Builder reason) {
        return WorkerFrame.newBuilder()
                .setRejected(reason.setRequest(request.id()))
                .build();
    }
}
