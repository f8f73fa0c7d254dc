package io.quern.worker;

import io.quern.llama.LlamaContext;
import io.quern.llama.Vocabulary;
import io.quern.wire.Delta;
import io.quern.wire.Finish;
import io.quern.wire.Generate;
import io.quern.wire.Logprob;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * One request in its slot. It is prefilled in pieces, then replayed token by token if it began on another worker, then
 * generated. Replay and generation differ only in where the next token comes from. Used by the intake until it is
 * posted, and then by the step loop.
 */
final class Sequence implements AutoCloseable {
    private final Request request;
    private final int[] prompt;
    private final int[] toPrefill;
    private final int contextLength;
    private final int maxTokens;
    private final EndTokens ends;
    private final TokenChoice choice;
    private final TextAssembler text;
    /** Null unless the log probabilities of the prompt are still wanted. */
    private final LogprobReader promptLogprobs;

    /** The tokens that were generated or replayed so far. */
    private int[] answer = new int[64];

    /** Null until the first draft is wanted. */
    private PromptLookup lookup;

    private SavedSequence keptState;
    private int cached;
    private int reused;
    private int pause = Integer.MAX_VALUE;
    private int kept;
    private long hash = TokenHash.START;
    private int hashed;
    private int completion;
    /** Tokens of the answer that must be computed again. */
    private int again;

    private int next;
    private int scored;
    private boolean grammarRejects;
    private Finish finish;

    /** @param replaysAtOnce whether what another worker has delivered may be computed together with the prompt */
    Sequence(
            Request request,
            int[] prompt,
            int contextLength,
            Vocabulary vocabulary,
            TokenChoice choice,
            boolean replaysAtOnce) {
        this.request = request;
        this.prompt = prompt;
        this.contextLength = contextLength;
        this.choice = choice;
        Generate generate = request.generate();
        int room = contextLength - prompt.length;
        this.maxTokens = generate.hasMaxTokens() ? Math.min(room, generate.getMaxTokens()) : room;
        this.ends = EndTokens.of(generate, vocabulary);
        this.text = new TextAssembler(generate.getStopList(), generate.getIncludeStop());
        this.promptLogprobs = generate.hasPromptLogprobs() && generate.getReplayCount() == 0
                ? new LogprobReader(vocabulary, generate.getPromptLogprobs())
                : null;
        this.toPrefill = replaysAtOnce && generate.getReplayCount() < maxTokens
                ? replayedAtOnce(generate.getReplayList())
                : prompt;
    }

    /** Replays these tokens as part of the prefill. Returns the tokens to prefill. */
    private int[] replayedAtOnce(List<Integer> replay) {
        replay.forEach(this::answeredElsewhere);
        return IntStream.concat(Arrays.stream(prompt), replay.stream().mapToInt(Integer::intValue))
                .toArray();
    }

    Request request() {
        return request;
    }

    /** Returns whether the log probabilities of its prompt's tokens are wanted, so that it needs all their logits. */
    boolean scored() {
        return promptLogprobs != null;
    }

    /** The scope of requests with which it may share its computed prompt, or empty for none. */
    String prefixScope() {
        return scored() ? "" : request.prefixScope();
    }

    /**
     * Returns the log probabilities of the prompt's tokens that follow a decoded piece of it.
     *
     * @param first index in the batch of the piece's first token
     * @param tokens length of the piece, which is not counted as cached yet
     */
    Delta score(LlamaContext context, int first, int tokens) {
        Delta.Builder delta = Delta.newBuilder().setRequest(request.id());
        if (scored == 0) {
            delta.addPromptLogprobs(promptLogprobs.first(prompt[0]));
            scored = 1;
        }
        // those before were reported when the prompt was computed the first time
        for (int i = scored - cached - 1; i < tokens && cached + i + 1 < prompt.length; i++) {
            delta.addPromptLogprobs(promptLogprobs.read(context.logits(first + i), prompt[cached + i + 1]));
            scored++;
        }
        return delta.build();
    }

    /** Returns the number of the prompt's tokens that are not in the cache yet. */
    int toPrefill() {
        return Math.max(0, toPrefill.length - cached);
    }

    /** Returns the tokens to prefill: those of the prompt and those replayed with it. Do not modify the array. */
    int[] prompt() {
        return toPrefill;
    }

    /**
     * Returns the tokens in the cache, from the first one on.
     *
     * @param all whether to include those that were computed one by one
     */
    int[] computed(boolean all) {
        return tokens(all ? cached : Math.min(cached, toPrefill.length));
    }

    /** Returns the first tokens of prompt and answer. */
    private int[] tokens(int count) {
        int[] tokens = Arrays.copyOf(prompt, count);
        if (count > prompt.length) {
            System.arraycopy(answer, 0, tokens, prompt.length, count - prompt.length);
        }
        return tokens;
    }

    /** Returns the number of tokens in the cache, which is also the position of the next one. */
    int cached() {
        return cached;
    }

    void cached(int tokens) {
        cached += tokens;
    }

    /** Records that a sibling's state with this many tokens was copied into the cache. */
    void copied(int tokens) {
        cached = tokens;
    }

    /** Records that the cache contains this many tokens of the prompt that were computed for another request. */
    void reuses(int tokens) {
        cached = tokens;
        reused = Math.min(tokens, prompt.length);
    }

    /** Returns how many tokens of the prompt were computed for another request. */
    int reused() {
        return reused;
    }

    /** Lets the prefill stop after this many tokens, a multiple of the grain, before it goes on. */
    void pauseAt(int tokens) {
        pause = tokens;
    }

    /** Returns after how many tokens the prefill stops for a moment. */
    int pause() {
        return pause;
    }

    /** Returns the number of the prompt's tokens to compute before the prefill stops. */
    int untilPause() {
        return cached < pause ? Math.min(toPrefill(), pause - cached) : toPrefill();
    }

    /**
     * Returns how many tokens it has in the cache as soon as what it knows already is computed: its prompt, and the
     * answer so far.
     */
    int known() {
        int answered = Math.max(completion, replays());
        return Math.min(contextLength, prompt.length + answered);
    }

    /** Its tokens are not in the cache any more: they are computed again, and it continues after them. */
    void restart() {
        cached = 0;
        reused = 0;
        pause = Integer.MAX_VALUE;
        kept = kept == Integer.MAX_VALUE ? kept : 0;
        hash = TokenHash.START;
        hashed = 0;
        again = completion - (toPrefill.length - prompt.length);
    }

    /** Returns the lookup of its drafts. */
    PromptLookup lookup() {
        if (lookup == null) {
            lookup = new PromptLookup(tokens(prompt.length + completion));
        }
        return lookup;
    }

    /** Returns how many drafted tokens it can use at most, besides the one that the next step brings anyway. */
    int mostDrafted() {
        return again > 0 ? 0 : Math.max(0, Math.min(maxTokens - completion, room()) - 1);
    }

    /** Returns how many more tokens its part of the cache can hold. */
    int room() {
        return contextLength - cached;
    }

    /** Returns the token that the next step computes. */
    int next() {
        return next;
    }

    /** Returns whether it has failed, after which its part of the cache is undefined. */
    boolean failed() {
        return finish != null && finish.getReason() == Finish.Reason.ERROR;
    }

    /** Returns the finish, which is set when the sequence has ended. */
    Finish finish() {
        return finish;
    }

    /**
     * Advances by one token, after a decode that included this sequence's last token.
     *
     * @param output its index in that batch
     * @return the delta to report, or null for a token that was reported before and is not the last one
     */
    Delta advance(LlamaContext context, int output) {
        if (again > 0) {
            next = answer[completion - again--];
            return null;
        }
        Generate generate = request.generate();
        boolean replayed = completion < replays();
        if (replayed) {
            next = generate.getReplay(completion);
            grammarRejects |= !choice.replay(next);
        } else if (!grammarRejects) {
            next = choice.next(context, output, answer, completion);
        }
        if (grammarRejects) {
            return failByGrammar();
        }
        answered(next);

        Delta.Builder delta = Delta.newBuilder().setRequest(request.id());
        boolean last = ends.isLast(next);
        boolean hidden = last && !ends.showsLast();
        String delivered = hidden ? "" : deliver(next);
        if (last) {
            end(Finish.Reason.STOP, ends.isStop(next));
        } else if (text.stop() != null) {
            end(Finish.Reason.STOP, false);
        } else if (completion >= maxTokens || prompt.length + completion >= contextLength) {
            end(Finish.Reason.LENGTH, false);
        }
        if (replayed) {
            // another worker has delivered its text; text held back there is delivered with the next token
            delivered = "";
        } else {
            delta.addTokens(next);
            if (completion == 1) {
                delta.setCachedTokens(reused);
            }
            Logprob logprob = choice.logprob();
            if (logprob != null && !hidden) {
                delta.addLogprobs(logprob);
            }
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

    /** Returns whether another worker can continue it: it generates, and the engine has all its tokens. */
    boolean mayLeave() {
        return finish == null && toPrefill() == 0 && again == 0 && completion >= Math.max(1, replays());
    }

    /** Ends it here, because another worker continues it. */
    Delta leave() {
        finish = finish(Finish.Reason.LEFT).build();
        return Delta.newBuilder().setRequest(request.id()).setFinish(finish).build();
    }

    /** It was asked to leave, and does not. */
    Delta stay() {
        request.stays();
        return Delta.newBuilder().setRequest(request.id()).setStays(true).build();
    }

    private int replays() {
        return request.generate().getReplayCount();
    }

    /** Ends only this sequence, with an error for the client. */
    Delta fail(String message) {
        return fail(finish(Finish.Reason.ERROR).setMessage(message));
    }

    /** Ends only this sequence, because of a field of the client's request. */
    Delta fail(InvalidFieldException e) {
        return fail(finish(Finish.Reason.ERROR).setMessage(e.getMessage()).setField(e.field()));
    }

    private Delta failByGrammar() {
        return fail(finish(Finish.Reason.ERROR)
                .setMessage("the grammar rejects what another worker has generated")
                .setGrammarRejects(true));
    }

    private Delta fail(Finish.Builder error) {
        finish = error.build();
        return Delta.newBuilder()
                .setRequest(request.id())
                .setText(text.finish())
                .setFinish(finish)
                .build();
    }

    /** Sets another worker's copy of its state; closed with this sequence. */
    void keptState(SavedSequence state) {
        keptState = state;
    }

    /** Returns the copy of its state once, or null. The caller closes it. */
    SavedSequence takeSaved() {
        SavedSequence taken = keptState;
        keptState = null;
        return taken;
    }

    /** Records how many tokens a loaded copy has put into the cache. */
    void resumed(int tokens) {
        cached = tokens;
        List<Integer> replay = request.generate().getReplayList();
        for (int done = cached - prompt.length + 1; completion < done; ) {
            next = replay.get(completion);
            answeredElsewhere(next);
        }
    }

    /** Returns the number of tokens in the cache since the last copy of its state. */
    int unkept() {
        return cached - kept;
    }

    /** Returns how many of its tokens the last copy of its state contains; at most those in the cache. */
    int keptTokens() {
        return kept;
    }

    /** Records a copy of its state, with so many tokens. */
    void kept(int tokens) {
        kept = tokens;
    }

    /** Stops further copies of its state. */
    void neverKeep() {
        kept = Integer.MAX_VALUE;
    }

    /** Returns the hash of its first tokens, at most those in the cache. */
    long hash(int tokens) {
        if (tokens < hashed) {
            hash = TokenHash.START;
            hashed = 0;
        }
        for (; hashed < tokens; hashed++) {
            hash = TokenHash.add(hash, hashed < prompt.length ? prompt[hashed] : answer[hashed - prompt.length]);
        }
        return hash;
    }

    /** Records a token whose text another worker has already reported. */
    private void answeredElsewhere(int token) {
        grammarRejects |= !grammarRejects && !choice.replay(token);
        answered(token);
        deliver(token);
    }

    /** Adds the text of a token that was answered. Returns what can be delivered. */
    private String deliver(int token) {
        byte[] bytes = ends.bytes(token);
        return ends.mayStop(completion) ? text.add(bytes) : text.addFree(bytes);
    }

    private void answered(int token) {
        if (completion == answer.length) {
            answer = Arrays.copyOf(answer, 2 * completion);
        }
        answer[completion++] = token;
        if (lookup != null) {
            lookup.add(token);
        }
    }

    private void end(Finish.Reason reason, boolean stopToken) {
        Finish.Builder end = finish(reason);
        if (stopToken) {
            end.setStopToken(next);
        } else if (text.stop() != null) {
            end.setStop(text.stop());
        }
        finish = end.build();
    }

    private Finish.Builder finish(Finish.Reason reason) {
        return Finish.newBuilder()
                .setReason(reason)
                .setPromptTokens(prompt.length)
                .setCompletionTokens(completion)
                .setCachedTokens(reused);
    }

    @Override
    public void close() {
        choice.close();
        if (keptState != null) {
            keptState.close();
        }
    }
}
