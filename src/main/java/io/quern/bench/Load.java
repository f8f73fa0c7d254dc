package io.quern.bench;

import io.quern.client.Answer;
import io.quern.client.AnswerListener;
import io.quern.client.ChatCall;
import io.quern.client.ChatRequest;
import io.quern.client.ChatRequest.Sampling;
import io.quern.client.ClientException;
import io.quern.client.Message;
import io.quern.client.OpenAiClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Makes the load. Each client is a virtual thread, which mostly waits; the HTTP client's threads read the answers and
 * take the times.
 */
public final class Load {
    private static final int SHORT_ANSWER = 8;

    /** A client pauses after a failure, so that a service that refuses everything is not flooded. */
    private static final Duration AFTER_FAILURE = Duration.ofMillis(200);

    private final OpenAiClient client;
    private final LoadPlan plan;
    private final Measurements measurements = new Measurements();
    private final Set<ChatCall> running = ConcurrentHashMap.newKeySet();

    /** Begins somewhere new in each run, since a service may still know the prompts of the last one. */
    private final AtomicLong numbers = new AtomicLong(System.nanoTime());

    private final AtomicLong begun = new AtomicLong();
    private volatile PromptText prompts = PromptText.uncalibrated();
    private volatile long start;
    private volatile long end;
    private volatile boolean stopped;

    public Load(OpenAiClient client, LoadPlan plan) {
        this.client = client;
        this.plan = plan;
    }

    /**
     * Sends requests that are not measured. Learns from them how the service counts tokens.
     *
     * @throws ClientException if one fails, because a measurement would make no sense then
     */
    public void warmUp() throws ClientException, InterruptedException {
        if (plan.warmUp() == 0) {
            return;
        }
        prompts = PromptText.calibrated(tokensOf(1), tokensOf(PromptText.ALL_WORDS));
        AtomicLong left = new AtomicLong(plan.warmUp());
        List<ClientException> failures = Collections.synchronizedList(new ArrayList<>());
        inParallel(() -> {
            while (left.getAndDecrement() > 0 && failures.isEmpty() && !stopped) {
                try {
                    send(prompt(), Math.min(SHORT_ANSWER, plan.shape().maxTokens()), piece -> {});
                } catch (ClientException e) {
                    failures.add(e);
                }
            }
        });
        if (!failures.isEmpty() && !stopped) {
            throw failures.getFirst();
        }
    }

    /** Makes the load and waits for its end. */
    public Report run() throws InterruptedException {
        start = System.nanoTime();
        inParallel(this::sendUntilTheEnd);
        end = System.nanoTime();
        return report();
    }

    /** Returns the state of the measurement. Any thread may call it. */
    public Report report() {
        long now = end != 0 ? end : System.nanoTime();
        return measurements.report(start == 0 ? Duration.ZERO : Duration.ofNanos(now - start), running.size());
    }

    /** Cancels all requests, which then count neither as answered nor as failed. Any thread may call it. */
    public void stop() {
        stopped = true;
        running.forEach(ChatCall::cancel);
    }

    private interface Client {
        void run() throws InterruptedException;
    }

    private void inParallel(Client each) throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < plan.concurrency(); i++) {
            threads.add(Thread.ofVirtual().start(() -> {
                try {
                    each.run();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }));
        }
        try {
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException e) {
            stop();
            throw e;
        }
    }

    private void sendUntilTheEnd() throws InterruptedException {
        while (another()) {
            Stopwatch watch = new Stopwatch();
            try {
                measurements.answered(send(prompt(), plan.shape().maxTokens(), watch), watch.pieces);
            } catch (ClientException e) {
                if (e.kind() != ClientException.Kind.CANCELLED) {
                    measurements.failed(e, watch.pieces);
                    Thread.sleep(AFTER_FAILURE);
                }
            }
        }
    }

    private boolean another() {
        boolean inTime = plan.duration().isEmpty()
                || System.nanoTime() - start < plan.duration().get().toNanos();
        return !stopped
                && inTime
                && (plan.requests().isEmpty()
                        || begun.getAndIncrement() < plan.requests().getAsInt());
    }

    private int tokensOf(int words) throws ClientException, InterruptedException {
        return send(PromptText.ofWords(words, numbers.incrementAndGet()), 1, piece -> {})
                .promptTokens();
    }

    private String prompt() {
        return prompts.ofTokens(plan.shape().promptTokens(), numbers.incrementAndGet());
    }

    private Answer send(String prompt, int maxTokens, AnswerListener listener)
            throws ClientException, InterruptedException {
        ChatCall call = client.chat(
                new ChatRequest(
                        plan.model(),
                        List.of(Message.user(prompt)),
                        new Sampling(plan.shape().temperature(), maxTokens, null),
                        plan.shape().ignoreEos()),
                listener);
        running.add(call);
        try {
            if (stopped) {
                call.cancel();
            }
            return call.await();
        } finally {
            running.remove(call);
        }
    }

    /** Takes the times between the pieces of one answer. */
    private final class Stopwatch implements AnswerListener {
        private volatile long pieces;
        private long last;

        @Override
        public void text(String piece) {
            long now = System.nanoTime();
            if (pieces > 0) {
                measurements.between(now - last);
            }
            last = now;
            pieces++;
            measurements.piece();
        }
    }
}
