package io.quern.worker;

import io.quern.llama.LlamaContext;
import io.quern.llama.Sampler;
import io.quern.llama.Vocabulary;
import io.quern.wire.Delta;
import io.quern.wire.Finish;
import io.quern.wire.Generate;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * One request in its slot: prefilled piece by piece, then replayed token by token if it was begun elsewhere, then generated.
 * Replaying and generating are alike, but for who says what the next token is. Used by the intake until it is posted, by the
 * step loop from then on.
 */
final class Sequence implements AutoCloseable {
    private final Request request;
    private final int[] prompt;
    private final int[] toPrefill;
    private final int contextLength;
    private final int maxTokens;
    private final Vocabulary vocabulary;
    private final Sampler sampler;
    private final TextAssembler text;

    /** What has been generated, or replayed, so far. */
    private int[] answer = new int[64];

    private SavedSequence keptState;
    private int cached;
    private int kept;
    private long hash = TokenHash.START;
    private int hashed;
    private int completion;
    private int next;
    private Finish finish;

    Sequence(Request request, int[] prompt, int contextLength, Vocabulary vocabulary, Sampler sampler) {
        this.request = request;
        this.prompt = prompt;
        this.contextLength = contextLength;
        this.vocabulary = vocabulary;
        this.sampler = sampler;
        Generate generate = request.generate();
        int room = contextLength - prompt.length;
        this.maxTokens = generate.hasMaxTokens() ? Math.min(room, generate.getMaxTokens()) : room;
        this.text = new TextAssembler(generate.getStopList());
        this.toPrefill = generate.getPrefillReplay() && generate.getReplayCount() < maxTokens
                ? replayedAtOnce(generate.getReplayList())
                : prompt;
    }

    /** These tokens are computed with the prompt. */
    private int[] replayedAtOnce(List<Integer> replay) {
        replay.forEach(this::answeredElsewhere);
        return IntStream.concat(Arrays.stream(prompt), replay.stream().mapToInt(Integer::intValue))
                .toArray();
    }

    Request request() {
        return request;
    }

    /** Tokens of the prompt that are not in the cache yet. */
    int toPrefill() {
        return Math.max(0, toPrefill.length - cached);
    }

    /** What is prefilled: the prompt's tokens, and those that are replayed with it; not to be changed. */
    int[] prompt() {
        return toPrefill;
    }

    /** Tokens of the prompt that are in the cache. */
    int prefilled() {
        return Math.min(cached, toPrefill.length);
    }

    /** Tokens in the cache, which is also the position of the next one. */
    int cached() {
        return cached;
    }

    void cached(int tokens) {
        cached += tokens;
    }

    /** The token that the next step computes. */
    int next() {
        return next;
    }

    /** Whether it is over by an error; what the cache holds of it is uncertain then. */
    boolean failed() {
        return finish != null && finish.getReason() == Finish.Reason.ERROR;
    }

    /** Set when the sequence is over. */
    Finish finish() {
        return finish;
    }

    /**
     * Goes one token on, after a decode that ended in this sequence's last token.
     *
     * @param output its index in that batch
     * @return what there is to report: null for a replayed token, unless it was the last
     */
    Delta advance(LlamaContext context, int output) {
        Generate generate = request.generate();
        boolean replayed = completion < generate.getReplayCount();
        if (replayed) {
            next = generate.getReplay(completion);
            sampler.accept(next);
        } else {
            next = sampler.sample(context, output, completion);
        }
        answered(next);

        Delta.Builder delta = Delta.newBuilder().setRequest(request.id());
        String delivered = "";
        if (!generate.getIgnoreEos() && vocabulary.isEndOfGeneration(next)) {
            end(Finish.Reason.STOP);
        } else {
            delivered = text.add(vocabulary.bytes(next));
            if (text.stop() != null) {
                end(Finish.Reason.STOP);
            } else if (completion >= maxTokens || prompt.length + completion >= contextLength) {
                end(Finish.Reason.LENGTH);
            }
        }
        if (replayed) {
            // its text went out elsewhere; what was held back there comes with what follows
            delivered = "";
        } else {
            delta.addTokens(next);
        }
        if (finish != null) {
            delta.setText(delivered + text.finish()).setFinish(finish);
        } else if (replayed) {
            return null;
        } else {
            delta.setText(delivered);
        }
        return delta.build();
    }

    /** Ends the sequence, and it alone, for a reason that is told to the client. */
    Delta fail(String message) {
        finish = finish(Finish.Reason.ERROR).setMessage(message).build();
        return Delta.newBuilder()
                .setRequest(request.id())
                .setText(text.finish())
                .setFinish(finish)
                .build();
    }

    /** Whose state another worker has left; closed with this. */
    void keptState(SavedSequence state) {
        keptState = state;
    }

    /** What another worker has left of it, once, or null; to be closed. */
    SavedSequence takeSaved() {
        SavedSequence taken = keptState;
        keptState = null;
        return taken;
    }

    /** So many tokens are in the cache, as another worker has left them. */
    void resumed(int tokens) {
        cached = tokens;
        List<Integer> replay = request.generate().getReplayList();
        for (int done = cached - prompt.length + 1; completion < done; ) {
            next = replay.get(completion);
            answeredElsewhere(next);
        }
    }

    /** Tokens in the cache that were not there when its state was last copied. */
    int unkept() {
        return cached - kept;
    }

    /** Its state has been copied. */
    void kept() {
        kept = cached;
    }

    /** Its state is not to be copied any more. */
    void neverKeep() {
        kept = Integer.MAX_VALUE;
    }

    /** Of the tokens in the cache. */
    long hash() {
        for (; hashed < cached; hashed++) {
            hash = TokenHash.add(hash, hashed < prompt.length ? prompt[hashed] : answer[hashed - prompt.length]);
        }
        return hash;
    }

    /** All that is to be said of it has been said there. */
    private void answeredElsewhere(int token) {
        sampler.accept(token);
        text.add(vocabulary.bytes(token));
        answered(token);
    }

    private void answered(int token) {
        if (completion == answer.length) {
            answer = Arrays.copyOf(answer, 2 * completion);
        }
        answer[completion++] = token;
    }

    private void end(Finish.Reason reason) {
        Finish.Builder end = finish(reason);
        if (text.stop() != null) {
            end.setStop(text.stop());
        }
        finish = end.build();
    }

    private Finish.Builder finish(Finish.Reason reason) {
        return Finish.newBuilder()
                .setReason(reason)
                .setPromptTokens(prompt.length)
                .setCompletionTokens(completion);
    }

    @Override
    public void close() {
        sampler.close();
        if (keptState != null) {
            keptState.close();
        }
    }
}
