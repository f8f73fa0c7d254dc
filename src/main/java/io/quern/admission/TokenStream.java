package io.quern.admission;

import io.quern.generation.GenerationError;
import io.quern.generation.GenerationEvent;
import io.quern.generation.TokenLogprob;
import io.smallrye.mutiny.helpers.Subscriptions;
import io.smallrye.mutiny.operators.AbstractMulti;
import io.smallrye.mutiny.subscription.MultiSubscriber;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * The token stream of one request, as a Multi for one subscriber. Tokens that arrive without demand are merged, up to
 * a bound of characters. Beyond it the stream ends with {@link GenerationError.SlowReader}.
 *
 * <p>Thread-safe. The subscriber is called by one thread at a time, usually the event loop that delivers tokens.
 */
final class TokenStream extends AbstractMulti<List<GenerationEvent>> implements Flow.Subscription {
    /** What the log probability of a token counts for, in characters: about its length in an answer. */
    private static final int LOGPROB_CHARS = 64;

    private final int maxBufferedChars;
    private final boolean lengths;
    private final Consumer<GenerationError> abandoned;

    private MultiSubscriber<? super List<GenerationEvent>> subscriber;
    private final StringBuilder bufferedText = new StringBuilder();
    private int bufferedTokens;
    private List<TokenLogprob> bufferedLogprobs = List.of();
    private List<TokenLogprob> bufferedPrompt = List.of();
    private List<Integer> bufferedLengths = List.of();
    /** The size of what is buffered, in characters. */
    private int buffered;

    private GenerationEvent last;
    private long demand;
    private boolean delivering;
    private boolean closed;

    /**
     * @param abandoned called once if the stream ends before the generation does, because the subscriber left or
     *     reads too slowly
     */
    TokenStream(int maxBufferedChars, Consumer<GenerationError> abandoned) {
        this(maxBufferedChars, false, abandoned);
    }

    /** @param lengths whether to report the length of each token's text */
    TokenStream(int maxBufferedChars, boolean lengths, Consumer<GenerationError> abandoned) {
        this.maxBufferedChars = maxBufferedChars;
        this.lengths = lengths;
        this.abandoned = abandoned;
    }

    void token(String text, int count) {
        token(text, count, List.of());
    }

    void token(String text, int count, List<TokenLogprob> logprobs) {
        add(text, count, logprobs, List.of());
    }

    /**
     * They do not count as unread: the client has asked for all of them at once, and the prompt limits their number.
     */
    void promptLogprobs(List<TokenLogprob> logprobs) {
        add("", 0, List.of(), logprobs);
    }

    private static int size(List<TokenLogprob> logprobs) {
        int size = 0;
        for (TokenLogprob one : logprobs) {
            size += LOGPROB_CHARS * (1 + one.top().size());
        }
        return size;
    }

    private static <T> List<T> joined(List<T> first, List<T> second) {
        if (second.isEmpty()) {
            return first;
        }
        List<T> both = first.isEmpty() ? new ArrayList<>() : first;
        both.addAll(second);
        return both;
    }

    private void add(String text, int count, List<TokenLogprob> logprobs, List<TokenLogprob> prompt) {
        GenerationError overflow = null;
        int size = text.length() + size(logprobs);
        synchronized (this) {
            if (closed || last != null) {
                return;
            }
            if (buffered + size > maxBufferedChars) {
                overflow = new GenerationError.SlowReader("The client reads too slowly: more than "
                        + maxBufferedChars + " characters of the answer were waiting for it."
                        + " Read faster, or raise quern.admission.stream-buffer.");
                last = new GenerationEvent.Failed(overflow);
            } else {
                buffered += size;
                bufferedText.append(text);
                bufferedTokens += count;
                bufferedLogprobs = joined(bufferedLogprobs, logprobs);
                bufferedPrompt = joined(bufferedPrompt, prompt);
                if (lengths) {
                    bufferedLengths = joined(bufferedLengths, lengths(text, count));
                }
            }
        }
        if (overflow != null) {
            abandoned.accept(overflow);
        }
        drain();
    }

    /** Workers send tokens one by one. If there are several, the last one counts as the one with the text. */
    private static List<Integer> lengths(String text, int count) {
        return IntStream.rangeClosed(1, count)
                .mapToObj(i -> i == count ? text.length() : 0)
                .toList();
    }

    /** Ends the stream with the last event of the generation. */
    void end(GenerationEvent event) {
        synchronized (this) {
            if (last != null) {
                return;
            }
            last = event;
        }
        drain();
    }

    @Override
    public void subscribe(MultiSubscriber<? super List<GenerationEvent>> downstream) {
        synchronized (this) {
            if (subscriber != null) {
                Subscriptions.fail(
                        downstream, new IllegalStateException("A token stream can have only one subscriber."));
                return;
            }
            subscriber = downstream;
        }
        downstream.onSubscribe(this);
    }

    @Override
    public void request(long n) {
        if (n <= 0) {
            cancel();
            subscriber.onFailure(Subscriptions.getInvalidRequestException());
            return;
        }
        synchronized (this) {
            demand = Subscriptions.add(demand, n);
        }
        drain();
    }

    @Override
    public void cancel() {
        cancel(new GenerationError.Cancelled("The client left."));
    }

    private void cancel(GenerationError why) {
        boolean early;
        synchronized (this) {
            early = !closed && last == null;
            closed = true;
            clear();
        }
        if (early) {
            abandoned.accept(why);
        }
    }

    private void drain() {
        while (true) {
            List<GenerationEvent> batch;
            boolean complete;
            synchronized (this) {
                if (delivering || closed || subscriber == null || demand == 0 || nothingToSay()) {
                    return;
                }
                batch = takeBatch();
                complete = last != null;
                closed = complete;
                if (demand != Long.MAX_VALUE) {
                    demand--;
                }
                delivering = true;
            }
            try {
                subscriber.onItem(batch);
                if (complete) {
                    subscriber.onCompletion();
                }
            } catch (RuntimeException | Error e) {
                // the subscriber cannot be notified any more, but what it held must be freed
                cancel(new GenerationError.Internal("The subscriber of the stream failed: " + e));
                throw e;
            } finally {
                synchronized (this) {
                    delivering = false;
                }
            }
        }
    }

    private void clear() {
        bufferedText.setLength(0);
        bufferedTokens = 0;
        bufferedLogprobs = List.of();
        bufferedPrompt = List.of();
        bufferedLengths = List.of();
        buffered = 0;
    }

    private boolean nothingToSay() {
        return bufferedTokens == 0 && bufferedText.isEmpty() && bufferedPrompt.isEmpty() && last == null;
    }

    private List<GenerationEvent> takeBatch() {
        List<GenerationEvent> batch = new ArrayList<>(2);
        if (!bufferedPrompt.isEmpty()) {
            batch.add(new GenerationEvent.PromptLogprobs(bufferedPrompt));
        }
        if (bufferedTokens > 0 || !bufferedText.isEmpty()) {
            batch.add(new GenerationEvent.Token(
                    bufferedText.toString(), bufferedTokens, bufferedLogprobs, bufferedLengths));
        }
        clear();
        if (last != null) {
            batch.add(last);
        }
        return batch;
    }
}
