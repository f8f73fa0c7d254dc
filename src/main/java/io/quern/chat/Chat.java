package io.quern.chat;

import io.quern.client.Answer;
import io.quern.client.AnswerListener;
import io.quern.client.ChatCall;
import io.quern.client.ChatRequest;
import io.quern.client.ClientException;
import io.quern.client.Message;
import io.quern.client.OpenAiClient;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A conversation with one model. One thread asks; any thread may {@link #stop} the answer. */
public final class Chat {
    private final OpenAiClient client;
    private final String model;
    private final Screen screen;
    private final Conversation conversation = new Conversation();
    private ChatOptions options;
    private volatile @Nullable ChatCall running;
    private volatile boolean stopped;

    /** How a question ended. */
    public sealed interface Outcome {
        /** The answer is complete, or as long as it may be. */
        record Answered(String text, Answer answer) implements Outcome {}

        /** {@link #stop} was called. */
        record Stopped() implements Outcome {}

        /** There is no whole answer. */
        record Failed(ClientException why) implements Outcome {}
    }

    public Chat(OpenAiClient client, String model, ChatOptions options, Screen screen) {
        this.client = client;
        this.model = model;
        this.options = options;
        this.screen = screen;
    }

    /**
     * Asks a question and shows the answer while it arrives. If it fails, the conversation stays as it was before; if
     * it is stopped, what has arrived of the answer belongs to it.
     *
     * @throws InterruptedException if this thread was interrupted; the request is cancelled then
     */
    public Outcome ask(String question) throws InterruptedException {
        Pieces pieces = new Pieces();
        ChatCall call = client.chat(
                new ChatRequest(model, conversation.with(options.system(), question), options.sampling(), false),
                pieces);
        running = call;
        if (stopped) {
            call.cancel();
        }
        try {
            Answer answer = call.await();
            screen.endOfAnswer();
            conversation.add(question, pieces.text());
            if (answer.cut()) {
                screen.note("(The answer ends here because it has reached its limit of tokens.)");
            }
            if (options.verbose()) {
                screen.note(speed(answer));
            }
            return new Outcome.Answered(pieces.text(), answer);
        } catch (ClientException e) {
            screen.endOfAnswer();
            if (e.kind() == ClientException.Kind.CANCELLED) {
                conversation.add(question, pieces.text());
                return new Outcome.Stopped();
            }
            return new Outcome.Failed(e);
        } finally {
            running = null;
        }
    }

    /** Forgets a stop for which there was no answer. Call this before the user types the next question. */
    void ready() {
        stopped = false;
    }

    /** Ends the answer that is arriving, or the one that is just about to be asked for. Never blocks. */
    public void stop() {
        stopped = true;
        ChatCall call = running;
        if (call != null) {
            call.cancel();
        }
    }

    static String speed(Answer answer) {
        return String.format(
                Locale.ROOT,
                "%d tokens after a prompt of %d; %.1f tokens/s, first token after %d ms",
                answer.tokens(),
                answer.promptTokens(),
                answer.tokensPerSecond(),
                answer.toFirst().toMillis());
    }

    /** Forgets all messages but the system message. */
    void clear() {
        conversation.clear();
    }

    List<Message> messages() {
        return conversation.all(options.system());
    }

    ChatOptions options() {
        return options;
    }

    void use(ChatOptions other) {
        options = other;
    }

    String model() {
        return model;
    }

    private final class Pieces implements AnswerListener {
        private static final String QUEUE = "queue position ";

        private final StringBuilder text = new StringBuilder();

        @Override
        public void text(String piece) {
            synchronized (text) {
                text.append(piece);
            }
            screen.piece(piece);
        }

        @Override
        public void comment(String comment) {
            if (comment.startsWith(QUEUE)) {
                screen.status("waiting for a free slot, position " + comment.substring(QUEUE.length()));
            }
        }

        String text() {
            synchronized (text) {
                return text.toString();
            }
        }
    }
}
